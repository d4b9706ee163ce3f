/**
 * From a reproduction to its verdicts. Planning and training are the caller's, so that this knows no terminal and no
 * trainer.
 */
import { type ExperimentPlan, estimateGraph, estimateStrategy, type Failure } from '@branchline/core';
import { type Results } from '@branchline/evaluation';
import type { PaperFigure } from '@branchline/report';
import type { Facts, PaperTable, PlanFacts, Reproduction } from './definition.js';
import type { PaperExperiment, PlanExperiment, TrainExperiment } from './experiment.js';
import { planGraph } from './plan-graph.js';
import { type PaperVerdict, verdictsOf } from './verdicts.js';

/** A reproduction with everything that was made of it. */
export interface Finished {
  readonly reproduction: Reproduction;
  readonly facts: Facts;
  readonly verdicts: readonly PaperVerdict[];
  readonly tables: readonly PaperTable[];
  readonly figures: readonly PaperFigure[];
}

/** The reproduction with other seeds in its experiments, or as it is; those that are only planned keep theirs. */
export function withSeeds(reproduction: Reproduction, seeds: PaperExperiment['seeds']): Reproduction {
  if (seeds === undefined) return reproduction;
  return { ...reproduction, experiments: reproduction.experiments.map((experiment) => ({ ...experiment, seeds })) };
}

/** Plans experiments one after the other; nothing is trained. Facts are by the name of the experiment. */
export async function planFacts(
  experiments: readonly PaperExperiment[],
  plan: PlanExperiment,
): Promise<Facts['plans']> {
  const facts: Record<string, PlanFacts> = {};
  for (const experiment of experiments) facts[experiment.name] = factsOf(await plan(experiment));
  return facts;
}

function factsOf(plan: ExperimentPlan): PlanFacts {
  const { batch, context, versions } = plan.info;
  const one = { steps: 1, tokens: batch * context, flops: 0n };
  const stepsOf = plan.strategies.map(
    (strategy) => [strategy.strategy.name, estimateStrategy(strategy, one).steps] as const,
  );
  return {
    steps: estimateGraph(plan, one).steps,
    stepsOf: Object.fromEntries(stepsOf),
    increment: Math.floor(versions[0]!.sequences / batch),
    tokensPerStep: one.tokens,
    graph: planGraph(plan),
  };
}

/** Results of experiments by their names, and the strategies that failed on the way to them. */
export interface Trained {
  readonly results: Facts['results'];
  readonly failures: readonly Failure[];
}

/** Trains experiments one after the other. */
export async function trainAll(experiments: readonly PaperExperiment[], train: TrainExperiment): Promise<Trained> {
  const results: Record<string, Results> = {};
  const failures: Failure[] = [];
  for (const [index, experiment] of experiments.entries()) {
    const outcome = await train(experiment, { index, count: experiments.length });
    results[experiment.name] = outcome.results;
    failures.push(...outcome.failures);
  }
  return { results, failures };
}

/**
 * Verdicts, tables and figures of the facts. Where a strategy failed, tables or figures may need it: then there are
 * none of them, `missing` says of which, and the verdicts are there all the same.
 */
export function conclude(
  reproduction: Reproduction,
  facts: Facts,
  { failures }: Pick<Trained, 'failures'>,
): { readonly finished: Finished; readonly missing: readonly ('tables' | 'figures')[] } {
  const missing: ('tables' | 'figures')[] = [];
  const some = <T>(what: 'tables' | 'figures', make: () => readonly T[]): readonly T[] => {
    try {
      return make();
    } catch (error) {
      if (failures.length === 0) throw error;
      missing.push(what);
      return [];
    }
  };
  const finished = {
    reproduction,
    facts,
    verdicts: verdictsOf(reproduction.claims, facts),
    tables: some('tables', () => reproduction.tables(facts)),
    figures: some('figures', () => reproduction.figures?.(facts) ?? []),
  };
  return { finished, missing };
}
