/**
 * Defines a reproduction of a paper: experiments, and claims about them that are fixed in the source before any run.
 */
import type { ClaimConfig } from '@branchline/comparison';
import type { Expectation, Results } from '@branchline/evaluation';
import type { FigureGraph, PaperFigure } from '@branchline/report';
import type { PaperExperiment } from './experiment.js';

export type { Estimate, FigureGraph, PaperFigure } from '@branchline/report';

/** `full` takes less than an hour on two idle cores, `quick` less than ten minutes. */
export type Size = 'full' | 'quick';

/** Sources of training text. */
export interface Text {
  readonly sources: PaperExperiment['data']['sources'];
}

/** Results of planning without training, in steps. */
export interface PlanFacts {
  /** Of the whole graph, counting shared steps once. */
  readonly steps: number;
  /** Of each strategy alone. */
  readonly stepsOf: Readonly<Record<string, number>>;
  /** Of the first increment. */
  readonly increment: number;
  readonly tokensPerStep: number;
  /** The whole graph. */
  readonly graph: FigureGraph;
}

/** The input of all verdicts, by experiment. */
export interface Facts {
  readonly plans: Readonly<Record<string, PlanFacts>>;
  readonly results: Readonly<Record<string, Results>>;
}

/** A claim of a paper. */
export interface PaperClaim {
  readonly id: string;
  /** The claim in words. */
  readonly claim: string;
  /** Where the paper makes it. */
  readonly where: string;
  /** Explanation by the author of the claim, written after a run. Shown if the claim does not hold. */
  readonly note?: string;
  readonly test:
    | {
        /**
         * A contrast over seeds, evaluated by the rule of the experiment, which is registered before its first step.
         */
        readonly by: 'seeds';
        readonly experiment: string;
        readonly contrast: ClaimConfig;
      }
    | {
        /** Holds if all parts hold, fails if one fails. The effect shown is that of the first deciding part. */
        readonly by: 'parts';
        readonly parts: readonly string[];
      }
    | {
        /** Counted, not estimated: holds if the two numbers are equal. */
        readonly by: 'count';
        readonly count: (facts: Facts) => { readonly found: number; readonly expected: number };
        /** Experiments whose results it counts. Absent: it counts plans. */
        readonly experiments?: readonly string[];
      }
    | {
        /**
         * A number computed from the results of experiments, such as a fitted exponent, with an interval over the seeds
         * that they share: the jackknife. The claims of one family share its error level.
         */
        readonly by: 'estimate';
        /** Experiments whose results the number needs. */
        readonly experiments: readonly string[];
        /** Undefined if the results do not determine it. */
        readonly estimate: (facts: Facts) => number | undefined;
        /** Name of the family of tests. Default: that of all claims without a name. */
        readonly family?: string;
        readonly expect: Expectation;
        /** In the unit of the number; for expectations that name it, and for `~ 0`. */
        readonly margin?: number;
      };
}

/** How an experiment is completed by results of earlier ones. */
export interface FollowUp {
  /** Experiments whose results it needs; `--only` adds them. */
  readonly needs: readonly string[];
  /** The experiment to train. `planned` is its entry in `experiments`, with the seeds that were asked for. */
  readonly complete: (planned: PaperExperiment, facts: Facts) => PaperExperiment;
}

/** A table of the results section. */
export interface PaperTable {
  readonly title: string;
  /** What the table shows and how to read it. */
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The reproduction of a paper at one size. */
export interface Reproduction {
  /** Name on the command line. */
  readonly paper: string;
  /** Authors, venue, identifier. */
  readonly source: string;
  /** Introduction to the tables: sizes, and how the peak rate was chosen. */
  readonly setting: string;
  /** Experiments to train, in this order, with their claims. */
  readonly experiments: readonly PaperExperiment[];
  /**
   * Experiments whose strategies depend on the results of earlier ones, for example on a rate that was fitted to them.
   * The entry of such an experiment in `experiments` has stand-ins, so that it can be checked and planned before.
   */
  readonly followUps?: Readonly<Record<string, FollowUp>>;
  /** Experiments that are only planned. */
  readonly plans: readonly PaperExperiment[];
  readonly claims: readonly PaperClaim[];
  /** Names of the experiments that were asked for, with their claims. Absent: all. */
  readonly only?: readonly string[];
  readonly tables: (facts: Facts) => readonly PaperTable[];
  /** Headline figure first. */
  readonly figures?: (facts: Facts) => readonly PaperFigure[];
  /** Measured tokens per second on two idle cores, for the time forecast. */
  readonly tokensPerSecond: number;
  /** The same for experiments with models of another size. */
  readonly tokensPerSecondOf?: Readonly<Record<string, number>>;
}

/** Adds the claims about an experiment to it, by their ids. */
export function withClaims(config: PaperExperiment, claims: readonly PaperClaim[]): PaperExperiment {
  const own = claims.flatMap(({ id, claim, test }) =>
    test.by === 'seeds' && test.experiment === config.name ? [[id, { claim, ...test.contrast }] as const] : [],
  );
  return { ...config, compare: { ...config.compare, claims: Object.fromEntries(own) } };
}

/** Adds notes to claims by id. Notes explain results at one size. */
export const withNotes = (
  claims: readonly PaperClaim[],
  notes: Readonly<Record<string, string>>,
): readonly PaperClaim[] =>
  claims.map((claim) => ({ ...claim, ...(notes[claim.id] === undefined ? {} : { note: notes[claim.id] }) }));

/** Tests whether the loss of `strategy` minus that of `against` is as expected. */
export function pair(
  experiment: string,
  [strategy, against]: readonly [string, string],
  expect: ClaimConfig['expect'],
  more: Partial<ClaimConfig> = {},
): PaperClaim['test'] {
  return { by: 'seeds', experiment, contrast: { strategy, against, expect, ...more } };
}
