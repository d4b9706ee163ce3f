/**
 * From a reproduction to its verdicts. The caller plans and trains, so this file needs neither a terminal nor a
 * trainer.
 */
import {
  BranchlineError,
  didYouMean,
  type ExperimentPlan,
  estimateGraph,
  estimateStrategy,
  type Failure,
} from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import type { PaperFigure } from '@branchline/report';
import type { Facts, PaperTable, PlanFacts, Reproduction } from './definition.js';
import type { PaperExperiment, PlanExperiment, TrainExperiment } from './experiment.js';
import { planGraph } from './plan-graph.js';
import { type PaperVerdict, verdictsOf } from './verdicts.js';

/** A finished reproduction. */
export interface Finished {
  readonly reproduction: Reproduction;
  readonly facts: Facts;
  readonly verdicts: readonly PaperVerdict[];
  readonly tables: readonly PaperTable[];
  readonly figures: readonly PaperFigure[];
}

/** Replaces the seeds of the experiments, if given. Experiments that are only planned keep theirs. */
export function withSeeds(reproduction: Reproduction, seeds: PaperExperiment['seeds']): Reproduction {
  if (seeds === undefined) return reproduction;
  return { ...reproduction, experiments: reproduction.experiments.map((experiment) => ({ ...experiment, seeds })) };
}

/**
 * Keeps the named experiments, those whose results they need, and the claims that all of them decide. Throws a
 * BranchlineError (`config`) with all unknown names.
 */
export function withOnly(reproduction: Reproduction, names: readonly string[] | undefined): Reproduction {
  if (names === undefined) return reproduction;
  const known = reproduction.experiments.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0) {
    throw new BranchlineError(
      'config',
      (unknown.length > 0 ? unknown : ['']).map((name) => ({
        message: `${reproduction.paper} has no experiment "${name}"`,
        remedy: `${didYouMean(name, known)} Its experiments are ${known.join(', ')}.`,
      })),
    );
  }
  // Results that a wanted experiment needs.
  const needed = new Set(names.flatMap((name) => [name, ...(reproduction.followUps?.[name]?.needs ?? [])]));
  const kept = known.filter((name) => needed.has(name));
  const decided = new Set<string>();
  // Claims that combine others come after them.
  const ordered = [...reproduction.claims].sort(
    (a, b) => Number(a.test.by === 'parts') - Number(b.test.by === 'parts'),
  );
  for (const { id, test } of ordered) {
    const isDecided =
      test.by === 'seeds'
        ? needed.has(test.experiment)
        : test.by === 'parts'
          ? test.parts.every((part) => decided.has(part))
          : (test.experiments ?? []).every((name) => needed.has(name));
    if (isDecided) decided.add(id);
  }
  return {
    ...reproduction,
    experiments: reproduction.experiments.filter(({ name }) => needed.has(name)),
    claims: reproduction.claims.filter(({ id }) => decided.has(id)),
    setting: `${reproduction.setting} Only a part was run: ${kept.join(', ')}.`,
    only: kept,
  };
}

/** Plans experiments one at a time without training. The facts are keyed by experiment name. */
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

/** Results by experiment name, and the strategies that failed. */
export interface Trained {
  readonly results: Facts['results'];
  readonly failures: readonly Failure[];
}

/**
 * Trains experiments one at a time. Those of `followUps` are completed by the results so far, and by `plans` if given.
 */
export async function trainAll(
  experiments: readonly PaperExperiment[],
  train: TrainExperiment,
  { followUps = {}, plans = {} }: Pick<Reproduction, 'followUps'> & { readonly plans?: Facts['plans'] } = {},
): Promise<Trained> {
  const results: Record<string, Results> = {};
  const failures: Failure[] = [];
  for (const [index, planned] of experiments.entries()) {
    const experiment = followUps[planned.name]?.complete(planned, { plans, results }) ?? planned;
    const outcome = await train(experiment, { index, count: experiments.length });
    results[experiment.name] = outcome.results;
    failures.push(...outcome.failures);
  }
  return { results, failures };
}

/**
 * Verdicts, tables and figures. Tables or figures may need a strategy that failed or an experiment that was left out:
 * then they are empty and `missing` lists them, but the verdicts are still computed.
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
      if (failures.length === 0 && reproduction.only === undefined) throw error;
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
