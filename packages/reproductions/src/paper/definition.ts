/**
 * What a reproduction of a paper is: experiments, and claims about them that stand in the source before anything runs.
 */
import type { ClaimConfig } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';
import type { FigureGraph, PaperFigure } from '@branchline/report';
import type { PaperExperiment } from './experiment.js';

export type { Estimate, FigureGraph, PaperFigure } from '@branchline/report';

/** `full`: under an hour on two idle cores. `quick`: under ten minutes. */
export type Size = 'full' | 'quick';

/** Where training text comes from. */
export interface Text {
  readonly sources: PaperExperiment['data']['sources'];
}

/** What was planned without training, in steps. */
export interface PlanFacts {
  /** Of the whole graph, each step once. */
  readonly steps: number;
  /** Of each strategy alone. */
  readonly stepsOf: Readonly<Record<string, number>>;
  /** Of the first increment. */
  readonly increment: number;
  readonly tokensPerStep: number;
  /** The whole graph. */
  readonly graph: FigureGraph;
}

/** Everything that verdicts are made from, by experiment. */
export interface Facts {
  readonly plans: Readonly<Record<string, PlanFacts>>;
  readonly results: Readonly<Record<string, Results>>;
}

/** A claim of a paper. */
export interface PaperClaim {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  /** Where the paper says it. */
  readonly where: string;
  /** What its author knows of why it came out as it did, written after a run; shown where it does not hold. */
  readonly note?: string;
  readonly test:
    | {
        /** A contrast over seeds, judged by the rule of that experiment, which is registered before its first step. */
        readonly by: 'seeds';
        readonly experiment: string;
        readonly contrast: ClaimConfig;
      }
    | {
        /**
         * Holds when all of these hold, fails when one of them fails; its effect is that of the first that decides it
         * so.
         */
        readonly by: 'parts';
        readonly parts: readonly string[];
      }
    | {
        /** Counted, not estimated: holds when the two numbers are the same. */
        readonly by: 'count';
        readonly count: (facts: Facts) => { readonly found: number; readonly expected: number };
      };
}

/** A table of the results section. */
export interface PaperTable {
  readonly title: string;
  /** What is to be seen in it, and how it is to be read. */
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A paper's comparison at one size. */
export interface Reproduction {
  /** As the command names it. */
  readonly paper: string;
  /** Authors, place, number. */
  readonly source: string;
  /** What stands before the tables: sizes, and how the peak rate was chosen. */
  readonly setting: string;
  /** Experiments that are trained, in this order; their claims are filled in. */
  readonly experiments: readonly PaperExperiment[];
  /** Experiments that are only planned. */
  readonly plans: readonly PaperExperiment[];
  readonly claims: readonly PaperClaim[];
  readonly tables: (facts: Facts) => readonly PaperTable[];
  /** The headline figure first. */
  readonly figures?: (facts: Facts) => readonly PaperFigure[];
  /** Tokens a second on two idle cores, measured, for the forecast. */
  readonly tokensPerSecond: number;
}

/** The experiment with those claims that are about it, under their own names. */
export function withClaims(config: PaperExperiment, claims: readonly PaperClaim[]): PaperExperiment {
  const own = claims.flatMap(({ id, claim, test }) =>
    test.by === 'seeds' && test.experiment === config.name ? [[id, { claim, ...test.contrast }] as const] : [],
  );
  return { ...config, compare: { ...config.compare, claims: Object.fromEntries(own) } };
}

/** The claims, those with a note beside them by their id; notes are about what came out at one size. */
export const withNotes = (
  claims: readonly PaperClaim[],
  notes: Readonly<Record<string, string>>,
): readonly PaperClaim[] =>
  claims.map((claim) => ({ ...claim, ...(notes[claim.id] === undefined ? {} : { note: notes[claim.id] }) }));

/** `strategy - against` is as expected. */
export function pair(
  experiment: string,
  [strategy, against]: readonly [string, string],
  expect: ClaimConfig['expect'],
  more: Partial<ClaimConfig> = {},
): PaperClaim['test'] {
  return { by: 'seeds', experiment, contrast: { strategy, against, expect, ...more } };
}
