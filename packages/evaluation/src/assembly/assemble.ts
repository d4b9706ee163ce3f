/** Assembles `results.json` from a finished run, or from what an unfinished one has so far. */

import {
  allHeldOut,
  type DataProvider,
  type ExperimentPlan,
  type ExperimentSpec,
  type FinishedRun,
  formatProblem,
  type GraphNode,
  type ModelDescription,
  NO_COST,
  otherProcessor,
  type PlannedPath,
  type PlannedVersion,
  problemOf,
  roundCost,
  type StrategyCost,
  type StrategyPlan,
  segmentsBehind,
  segmentsOf,
  sumCosts,
  type Trainer,
  type TrainerInfo,
  trainedStates,
} from '@branchline/core';
import type { HeldOutEvaluator } from '../held-out/held-out-evaluator.js';
import { summarize } from '../held-out/losses.js';
import { transferOf } from '../held-out/transfer.js';
import { digestOfRule, type Registered } from '../registration.js';
import type { ComparisonResult } from '../results/comparison.js';
import type { Judge } from '../results/judge.js';
import type {
  GraphEdgeResult,
  GraphNodeResult,
  MissingReleases,
  PartialResult,
  PathResult,
  ReleaseResult,
  Results,
  StrategyResult,
} from '../results/results.js';
import type { ValidationInfo } from '../results/validation-result.js';
import type { TaskEvaluator } from '../tasks/task-evaluator.js';
import { averagingSaved } from './averaging-saved.js';
import { lossPolyline, ratePolyline } from './curves.js';
import { divergedWarnings, uniformLossOf } from './diverged.js';
import { processorsOf, processorWarnings } from './other-processors.js';

/** Everything needed to make verdicts. */
export interface Judgement {
  readonly registered: Registered;
  readonly registration: ComparisonResult['registration'];
  readonly judge: Judge;
}

/** Input for assembling results. */
export interface AssembleInput extends FinishedRun {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  readonly trainer: Trainer;
  readonly heldOut: HeldOutEvaluator;
  readonly answers: TaskEvaluator;
  readonly command: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** Undefined: no verdicts. */
  readonly judgement: Judgement | undefined;
  /** True for an unfinished run: `complete` then has every strategy that is planned to its end. */
  readonly unfinished?: boolean;
  /** Leaves out the losses of steps, which are read from the records of training chunks. */
  readonly withoutLosses?: boolean;
}

/** Assembles results. If the baseline is not among the strategies, the first one replaces it. */
export async function assembleResults(input: AssembleInput): Promise<Results> {
  const { spec, plan, complete, costs, model, data, trainer } = input;
  const bills = new Map(complete.map((strategy) => [strategy, costs.of(strategy)]));
  const open = input.unfinished ? plan.open.map(({ strategy }) => strategy) : [];
  const names = [...complete.map(({ strategy }) => strategy.name), ...open.map(({ name }) => name)];
  const baseline = names.includes(spec.baseline) ? spec.baseline : names[0]!;
  const strategies: StrategyResult[] = [];
  for (const strategy of complete) {
    const paired = baselineOf(complete, baseline, strategy.strategy.seed);
    const isComparable = paired !== undefined && isReleased(input, paired) && isReleased(input, strategy);
    const baselineTokens = isComparable ? Number(bills.get(paired)!.standalone.tokens) : undefined;
    strategies.push(await strategyResult(input, strategy, bills.get(strategy)!, baselineTokens));
  }
  strategies.push(...open.map(openResult));
  const uniformLoss = uniformLossOf(data, trainer);
  const graph = graphResult(plan, trainer.describe());
  const planned = [...segmentsBehind(complete.flatMap(trainedStates))];
  const needed = input.unfinished ? planned.filter((segment) => costs.segments.of(segment).steps > 0n) : planned;
  const heldOut = allHeldOut(data).parts.reduce((sum, part) => sum + part.sequences.length, 0);
  const validation = (data.validationSets?.() ?? []).map(({ name, parts, removed }): ValidationInfo => {
    const sequences = parts.reduce((sum, part) => sum + part.sequences.length, 0);
    return { name, sequences, tokens: sequences * data.context, removed };
  });
  const results: Omit<Results, 'comparison'> = {
    format: 2,
    ...(input.unfinished && { partial: partialOf(strategies, plan.info.versions) }),
    experiment: { name: spec.name, command: input.command, finishedAt: input.finishedAt, digest: plan.digest },
    model,
    training: { batch: spec.batch, lr: spec.lr, optimizer: { ...spec.optimizer } },
    data: {
      digest: data.digest,
      versions: plan.info.versions,
      domains: data.domains,
      heldOutTokens: heldOut * data.context,
      ...(data.tokenizer && { tokenizer: data.tokenizer }),
      ...(uniformLoss !== undefined && { uniformLoss }),
      ...(validation.length > 0 && { validation }),
    },
    trainer: trainer.describe(),
    seeds: spec.seeds,
    baseline,
    strategies,
    graph: {
      // What only failed strategies need would hide what the others share.
      segments: needed.length,
      tokensTrained: Number(sumCosts(needed.map((segment) => costs.segments.of(segment))).tokens),
      tokensStandalone: complete.reduce((sum, strategy) => sum + Number(bills.get(strategy)!.trained.tokens), 0),
      ...graph,
    },
    failures: input.failures.map(({ error, ...of }) => ({ ...of, message: error.message })),
    warnings: [
      ...plan.warnings.map((warning) => ({
        strategies: warning.strategies,
        message: formatProblem(problemOf(warning)),
      })),
      ...divergedWarnings(strategies, uniformLoss),
      ...processorWarnings(strategies),
    ],
    averagingSaved: (input.unfinished ? [] : averagingSaved(costs)).map(({ branches, extra, ...names }) => ({
      ...names,
      branches: roundCost(branches),
      extra: roundCost(extra),
    })),
    actual: roundCost(costs.actual),
    currency: input.currency,
  };
  return { ...results, comparison: judged(results, input.judgement) };
}

function judged(results: Omit<Results, 'comparison'>, judgement: Judgement | undefined): ComparisonResult | null {
  if (judgement === undefined) return null;
  const { registered, registration, judge } = judgement;
  const { rule } = registered;
  return { rule, digest: digestOfRule(registered), registration, ...judge(results, rule) };
}

/** The baseline under a seed; under another seed if it failed under this one. Undefined while losses decide it. */
function baselineOf(complete: readonly StrategyPlan[], baseline: string, seed: number): StrategyPlan | undefined {
  const found = complete.filter(({ strategy }) => strategy.name === baseline);
  return found.find(({ strategy }) => strategy.seed === seed) ?? found[0];
}

/** Whether all releases of a strategy exist; always true in a finished run. */
function isReleased({ unfinished, ...input }: AssembleInput, { releases }: StrategyPlan): boolean {
  return !unfinished || releases.every((node) => exists(input, node));
}

/** Whether a release is stored with all its evaluations. */
function exists({ heldOut, answers, run }: Pick<AssembleInput, 'heldOut' | 'answers' | 'run'>, node: GraphNode) {
  return heldOut.has(node) && answers.has(node) && run.store.has(node.key);
}

function partialOf(strategies: readonly StrategyResult[], versions: Results['data']['versions']): PartialResult {
  const missing = strategies.map(({ name, seed, releases }): MissingReleases => {
    const found = new Set(releases.map(({ version }) => version));
    return {
      strategy: name,
      seed,
      versions: versions.map(({ index }) => index).filter((index) => !found.has(index)),
    };
  });
  return {
    releases: strategies.reduce((sum, { releases }) => sum + releases.length, 0),
    of: strategies.length * versions.length,
    missing: missing.filter((one) => one.versions.length > 0),
  };
}

const pluginsOf = ({ plugins }: StrategyPlan['strategy']) =>
  plugins.map(({ plugin, options }) => ({ name: plugin.name, version: plugin.version, options }));

/** A strategy whose branches wait for losses: what it will train is not known yet. */
function openResult(strategy: StrategyPlan['strategy']): StrategyResult {
  return {
    name: strategy.name,
    seed: strategy.seed,
    plugins: pluginsOf(strategy),
    cost: { standalone: roundCost(NO_COST), attributed: roundCost(NO_COST), ratioToBaseline: null },
    releases: [],
    captures: [],
    paths: [],
  };
}

async function strategyResult(
  input: AssembleInput,
  { strategy, versions, releases, captures, measured }: StrategyPlan,
  cost: StrategyCost,
  baselineTokens: number | undefined,
): Promise<StrategyResult> {
  const paths: PathResult[] = [];
  for (const version of versions) {
    for (const path of [version.main, ...version.forks]) {
      const result = await pathResult(input, version, path);
      if (result !== undefined) paths.push(result);
    }
  }
  const known = input.plan.info.versions;
  const losses = versions.map(({ version }, index) =>
    exists(input, releases[index]!)
      ? summarize(input.heldOut.results.get(releases[index]!)!, version, known)
      : undefined,
  );
  const rowOf = (one: (typeof losses)[number]) => one && known.map(({ name }) => one.lossByVersion[name]!);
  const matrix = losses.map(rowOf);
  return {
    name: strategy.name,
    seed: strategy.seed,
    plugins: pluginsOf(strategy),
    cost: {
      standalone: roundCost(cost.standalone),
      attributed: roundCost(cost.attributed),
      ...(measured.length > 0 && { measured: roundCost(cost.measured) }),
      ratioToBaseline: baselineTokens === undefined ? null : Number(cost.standalone.tokens) / baselineTokens,
    },
    releases: versions.flatMap(({ release, version }, index): ReleaseResult[] => {
      const node = releases[index]!;
      const loss = losses[index];
      if (loss === undefined) return [];
      const processors = processorsOf(input.trainer.describe(), node);
      const validation = input.heldOut.validation.get(node) ?? [];
      const before = matrix.slice(0, index + 1).filter((row) => row !== undefined);
      return [
        {
          version,
          seed: strategy.seed,
          checkpoint: node.key,
          weightsDigest: input.run.store.manifest(node.key)?.files.weights?.sha256 ?? '',
          averaged: release.averaged,
          ...(processors && { processors }),
          ...loss,
          // Needs every earlier release.
          transfer: before.length === index + 1 ? transferOf(before) : undefined,
          ...(validation.length > 0 && { validation }),
          tasks: input.answers.resultsOf(node, version),
          cumulative: roundCost(cost.cumulative[index]!),
        },
      ];
    }),
    captures: stored(input, captures).map(({ key, position }) => ({ checkpoint: key, position })),
    paths,
  };
}

/** In an unfinished run, the captures that exist by now. */
function stored({ unfinished, run }: AssembleInput, captures: readonly GraphNode[]): readonly GraphNode[] {
  return unfinished ? captures.filter(({ key }) => run.store.has(key)) : captures;
}

/** A path, as far as it was needed; undefined when none of its own steps were needed. */
async function pathResult(
  { plan, run, withoutLosses }: AssembleInput,
  version: PlannedVersion,
  path: PlannedPath,
): Promise<PathResult | undefined> {
  const { graph } = plan;
  const { batch } = graph.basis;
  const segments = segmentsOf(path, graph);
  const end = segments.reduce((sum, segment) => sum + segment.steps, 0);
  if (end <= path.begin) return undefined;
  const { position } = path.lineage.root;
  return {
    version: version.version,
    name: path.name,
    begin: position + path.begin,
    end: position + end,
    releases: version.release.path === path.name,
    rate: ratePolyline(path, path.begin, end, batch),
    loss: withoutLosses ? [] : await lossPolyline(path, segments, path.begin, end, run.chunks),
  };
}

function graphResult(
  plan: ExperimentPlan,
  trainer: TrainerInfo,
): { nodes: readonly GraphNodeResult[]; edges: readonly GraphEdgeResult[] } {
  const nodes = plan.graph.nodes();
  const ids = new Map(nodes.map((node, index) => [node, index]));
  const releases = new Map<GraphNode, { strategy: string; version: number }[]>();
  for (const { strategy, releases: list } of plan.strategies) {
    for (const [index, node] of list.entries()) {
      releases.set(node, [...(releases.get(node) ?? []), { strategy: strategy.name, version: index + 1 }]);
    }
  }
  const edges = nodes.flatMap((node): GraphEdgeResult[] => {
    const id = ids.get(node)!;
    const train: GraphEdgeResult[] = node.incoming
      ? [
          {
            from: ids.get(node.incoming.from)!,
            to: id,
            kind: 'train',
            steps: node.incoming.steps,
            weight: 1,
            strategies: [...node.incoming.strategies],
          },
        ]
      : [];
    const kind = node.kind === 'derived' ? 'average' : 'reset';
    const made = node.sources.map(
      ({ node: source, weight }): GraphEdgeResult => ({
        from: ids.get(source)!,
        to: id,
        kind,
        steps: 0,
        weight,
        strategies: [...node.strategies],
      }),
    );
    return [...train, ...made];
  });
  return {
    nodes: nodes.map(({ key, kind, position, seed, numerics }, id) => ({
      id,
      key,
      kind,
      ...(numerics !== trainer.numerics && { processor: otherProcessor(trainer, numerics) ?? numerics }),
      position,
      seed,
      releases: releases.get(nodes[id]!) ?? [],
    })),
    edges,
  };
}
