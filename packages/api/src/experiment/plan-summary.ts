/** A plan as plain data: `plan --json` prints it and `plan` renders it. */
import { DEFAULT_PRICES } from '@branchline/accounting';
import {
  type BranchlineError,
  type Budget,
  type DiskForecast,
  type Estimate,
  type ExperimentPlan,
  estimateGraph,
  estimateStrategy,
  forecastDisk,
  formatProblem,
  type ModelDescription,
  type OpenStrategy,
  type Owned,
  type PlannedPath,
  type PlannedRelease,
  type PredictedLosses,
  positionOf,
  problemOf,
  type Resource,
  type StrategyPlan,
  segmentsBehind,
  type TrainerInfo,
  targetsOf,
  trainedStates,
} from '@branchline/core';
import {
  type ClassifierFigures,
  judgeScore,
  type PreparedData,
  type ScoreVerdict,
  type Skipped,
  type SkippedFile,
  type TextAccount,
} from '@branchline/data';
import {
  type ComparisonRule,
  type FailureResult,
  type TaskSet,
  tokensOfTask,
  type ValidationInfo,
} from '@branchline/evaluation';
import type { CheckedExperiment } from '../config/check.js';
import { type PastTraining, type TimeSummary, timeOf } from './past-training.js';
import { type Resolution, resolutionOf, sequencesOf } from './resolution.js';
import type { StoredWork } from './stored-work.js';

/** One path. Positions are in steps since initialization of the weights. */
export interface PathSummary {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly steps: number;
  /** Whether the version releases the end of this path, or an average over it. */
  readonly releases: boolean;
}

/** A field with its owner. */
export interface FieldSummary {
  readonly field: string;
  readonly value: unknown;
  /** `default`, `override`, or the name of a plugin. */
  readonly owner: string;
  /** Place of the owner in the experiment file. */
  readonly configPath?: string;
}

/** Consecutive versions with the same decisions. */
export interface Explanation {
  readonly versions: readonly number[];
  readonly fields: readonly FieldSummary[];
  readonly forks: readonly { readonly name: string; readonly fields: readonly FieldSummary[] }[];
}

interface CostSummary {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: number;
}

/** One strategy of a plan, for one seed. */
export interface StrategySummary {
  readonly name: string;
  readonly seed: number;
  readonly plugins: readonly {
    readonly name: string;
    readonly version: string | undefined;
    readonly options: unknown;
    readonly configPath: string;
  }[];
  readonly standalone: CostSummary;
  readonly ratioToBaseline: number | null;
  readonly versions: readonly {
    readonly version: number;
    readonly paths: readonly PathSummary[];
    /** Number of checkpoints averaged into the release; 1 if it is not an average. */
    readonly averaged: number;
    /** The averaged checkpoints by steps since the weights were initialized; absent if it is not an average. */
    readonly average?: readonly { readonly position: number; readonly weight: number }[];
  }[];
  readonly explanation?: readonly Explanation[];
}

/** A reactive strategy that is not planned to its end. */
export interface OpenSummary {
  readonly strategy: string;
  readonly seed: number;
  /** What it waits for. */
  readonly message: string;
  /** Versions with the paths that are decided. */
  readonly versions: readonly { readonly version: number; readonly paths: readonly PathSummary[] }[];
}

/** One limit of the budget. */
export interface BudgetLine {
  readonly resource: Resource;
  readonly limit: number;
  /** In the unit of the limit; null if the speed is unknown because nothing was trained here yet. */
  readonly needed: number | null;
  readonly fits: boolean | null;
  /** Of money, ISO 4217. */
  readonly currency: string;
}

/** A whole plan. */
export interface PlanSummary {
  /** The law that predicts the losses, if the trainer trains nothing. */
  readonly predicted?: PredictedLosses;
  readonly experiment: { readonly name: string; readonly seeds: readonly number[]; readonly baseline: string };
  /** The comparison rule; null with one seed and no rule in the file. */
  readonly compare: ComparisonRule | null;
  readonly model: Omit<ModelDescription, 'spec'>;
  readonly training: { readonly batch: number; readonly lr: object };
  readonly data: {
    readonly versions: ExperimentPlan['info']['versions'];
    /** Where the text went that was read. */
    readonly account: TextAccount;
    /** Documents that sources with `skip: 'bad'` left out, if there are any. */
    readonly skipped?: readonly Skipped[];
    /** Files of folders and globs that were left out: they are no text, or empty. Absent: none. */
    readonly skippedFiles?: readonly SkippedFile[];
    /** With `score: { by: 'classifier' }`: how well it tells the reference from the text, and if it is of use. */
    readonly classifier?: ClassifierFigures & ScoreVerdict;
    readonly heldOut: {
      /** Of each version. */
      readonly sequences: readonly number[];
      /** Pairs of a version and a domain that have held-out text. */
      readonly parts: number;
      /** Of the last release, whose loss is over all of them. */
      readonly standardError: Resolution;
    };
    readonly validation: readonly (ValidationInfo & { readonly standardError: Resolution })[];
  };
  /** Multiple-choice tasks, with the tokens that each release reads to answer them. */
  readonly tasks: readonly { readonly name: string; readonly items: number; readonly tokens: number }[];
  readonly strategies: readonly StrategySummary[];
  readonly graph: CostSummary & {
    readonly segments: number;
    /** Segments that several strategies use. */
    readonly shared: number;
    readonly tokensStandalone: number;
    /** Fraction of the tokens that sharing saves. */
    readonly saved: number;
  };
  /** Bytes of checkpoints, for an empty run directory. */
  readonly disk: DiskForecast & {
    readonly limit: number | null;
    /** Null without a limit. */
    readonly fits: boolean | null;
  };
  /** What the run directory has of the plan, and the time for the rest; null if nothing was planned there before. */
  readonly stored: StoredWork | null;
  /** Of the whole plan, based on the speed in the ledger; null if nothing was trained here yet. */
  readonly time: TimeSummary | null;
  /** Every limit of the budget with what the whole plan needs, including parts that are already trained. */
  readonly budget: readonly BudgetLine[];
  /**
   * Reactive strategies, which are planned further after something was trained and measured. The figures above exclude
   * those later steps.
   */
  readonly open: readonly OpenSummary[];
  /** With the errors, whose `cause` is what a plugin threw. */
  readonly failures: readonly (FailureResult & { readonly error: BranchlineError })[];
  /** What can be trained, but is hardly meant. `bench` does not start with one that `refuses`. */
  readonly warnings: readonly { readonly message: string; readonly refuses: boolean }[];
}

/** Summarizes a plan. Includes times if `before` is given. */
export function summarizePlan(
  plan: ExperimentPlan,
  { spec }: CheckedExperiment,
  model: ModelDescription,
  options: {
    readonly data: PreparedData;
    readonly tasks: readonly TaskSet[];
    readonly explain: boolean;
    readonly before: PastTraining | undefined;
    readonly stored: StoredWork | undefined;
    readonly trainer: TrainerInfo | undefined;
  },
): PlanSummary {
  const tokens = spec.batch * model.context;
  const perStep: Estimate = { steps: 1, tokens, flops: BigInt(model.flopsPerToken) * BigInt(tokens) };
  const costs = new Map(plan.strategies.map((strategy) => [strategy, plain(estimateStrategy(strategy, perStep))]));
  const baselineTokens = (seed: number) => {
    const baseline = plan.strategies.find(({ strategy }) => strategy.name === spec.baseline && strategy.seed === seed);
    return baseline && costs.get(baseline)!.tokens;
  };
  const graph = plain(estimateGraph(plan, perStep));
  const segments = plan.graph.segments();
  // Without strategies that are not planned to their end: they have no cost alone to compare with.
  const planned = segmentsBehind(plan.strategies.flatMap(trainedStates));
  const tokensTogether = [...planned].reduce((sum, { steps }) => sum + steps * tokens, 0);
  const tokensStandalone = [...costs.values()].reduce((sum, cost) => sum + cost.tokens, 0);
  const { spec: _, ...shown } = model;
  const currency = spec.prices?.currency ?? DEFAULT_PRICES.currency;
  const time = timeOf(graph.tokens, options.before, currency);
  const { stored, trainer } = options;
  return {
    ...(trainer?.predicted && { predicted: trainer.predicted }),
    experiment: { name: spec.name, seeds: spec.seeds, baseline: spec.baseline },
    compare: spec.compare ?? null,
    model: shown,
    training: { batch: spec.batch, lr: spec.lr },
    data: summarizeData(plan, options.data),
    tasks: options.tasks.map((task) => ({
      name: task.name,
      items: task.items.length,
      tokens: tokensOfTask(task),
    })),
    strategies: plan.strategies.map((strategy) => {
      const cost = costs.get(strategy)!;
      const paired = baselineTokens(strategy.strategy.seed);
      const ratio = paired ? cost.tokens / paired : null;
      return summarizeStrategy(strategy, cost, ratio, options.explain);
    }),
    graph: {
      ...graph,
      segments: segments.length,
      shared: segments.filter(({ strategies }) => strategies.size > 1).length,
      tokensStandalone,
      saved: tokensStandalone > 0 ? 1 - tokensTogether / tokensStandalone : 0,
    },
    disk: diskOf(plan, model.parameters, spec.diskLimit),
    stored: stored ?? null,
    time,
    budget: budgetOf(spec.budget ?? {}, graph, time, currency),
    open: plan.open.map(summarizeOpen),
    failures: plan.failures.map(({ error, ...of }) => ({
      ...of,
      message: error.problems.map(formatProblem).join('\n'),
      error,
    })),
    warnings: plan.warnings.map((warning) => ({
      message: formatProblem(problemOf(warning)),
      refuses: warning.refuses,
    })),
  };
}

function summarizeData({ info: { versions } }: ExperimentPlan, data: PreparedData): PlanSummary['data'] {
  const { account, skipped, skippedFiles, classifier } = data;
  const sets = data.evaluationSets();
  const sequences = versions.map(({ index }) => {
    const own = sets.filter(({ parts }) => parts[0]?.version === index);
    return own.reduce((sum, set) => sum + sequencesOf(set), 0);
  });
  const validation = data.validationSets().map((set) => {
    const { name, removed } = set;
    const count = sequencesOf(set);
    return { name, sequences: count, tokens: count * data.context, removed, standardError: resolutionOf(count) };
  });
  const all = sequences.reduce((sum, count) => sum + count, 0);
  const parts = sets.reduce((sum, set) => sum + set.parts.length, 0);
  const heldOut = { sequences, parts, standardError: resolutionOf(all) };
  return {
    ...{ versions, account, heldOut, validation },
    ...(skipped.length > 0 && { skipped }),
    ...(skippedFiles.length > 0 && { skippedFiles }),
    ...(classifier && { classifier: { ...classifier, ...judgeScore(classifier) } }),
  };
}

function budgetOf(
  budget: Budget,
  { tokens, flops }: CostSummary,
  time: TimeSummary | null,
  currency: string,
): readonly BudgetLine[] {
  const needs: Readonly<Record<Resource, number | null>> = {
    tokens,
    flops,
    deviceHours: time && time.deviceSeconds / 3600,
    energy: time?.energyJoules == null ? null : time.energyJoules / 3.6e6,
    money: time?.money ?? null,
  };
  return (Object.keys(needs) as Resource[]).flatMap((resource): BudgetLine[] => {
    const limit = budget[resource];
    const needed = needs[resource];
    if (limit === undefined) return [];
    return [{ resource, limit, needed, fits: needed === null ? null : needed <= limit, currency }];
  });
}

function diskOf(plan: ExperimentPlan, parameters: number, limit: number | undefined): PlanSummary['disk'] {
  const forecast = forecastDisk({ graph: plan.graph, targets: targetsOf(plan), parameters });
  return { ...forecast, limit: limit ?? null, fits: limit === undefined ? null : forecast.least <= limit };
}

const plain = ({ steps, tokens, flops }: Estimate): CostSummary => ({ steps, tokens, flops: Number(flops) });

function summarizeStrategy(
  { strategy, decisions, versions }: StrategyPlan,
  standalone: CostSummary,
  ratioToBaseline: number | null,
  explain: boolean,
): StrategySummary {
  return {
    name: strategy.name,
    seed: strategy.seed,
    plugins: strategy.plugins.map(({ plugin: { name, version }, options, configPath }) => ({
      name,
      version,
      options,
      configPath,
    })),
    standalone,
    ratioToBaseline,
    versions: versions.map(({ version, main, forks, release }) => ({
      version,
      paths: [main, ...forks].map((path) => summarizePath(path, release.path)),
      averaged: release.averaged,
      ...averageOf(release),
    })),
    ...(explain && { explanation: explainVersions(decisions) }),
  };
}

function averageOf({ point }: PlannedRelease): Pick<StrategySummary['versions'][number], 'average'> {
  const { root } = point.lineage;
  if (point.steps > 0 || root.kind !== 'derived') return {};
  return { average: root.parts.map((part) => ({ position: positionOf(part.point), weight: part.weight })) };
}

function summarizeOpen({ strategy, version, fork, plugins, node, paths, later }: OpenStrategy): OpenSummary {
  const all = [...paths, ...later];
  return {
    strategy: strategy.name,
    seed: strategy.seed,
    message: `${plugins.join(', ')} decides the branch ${fork} of version ${version} when the losses at step ${node.position} are measured`,
    versions: [...new Set(all.map((path) => path.version))].map((of) => ({
      version: of,
      paths: all.filter((path) => path.version === of).map((path) => summarizePath(path)),
    })),
  };
}

function summarizePath({ name, lineage, begin, end }: PlannedPath, released?: string): PathSummary {
  const { position } = lineage.root;
  return {
    name,
    begin: position + begin,
    end: position + end,
    steps: end - begin,
    releases: name === released,
  };
}

/** All fields of all versions and forks. Consecutive versions with the same decisions are grouped. */
function explainVersions(decisions: StrategyPlan['decisions']): readonly Explanation[] {
  const groups: { key: string; versions: number[]; explanation: Omit<Explanation, 'versions'> }[] = [];
  for (const { version, fields, forks } of decisions) {
    const explanation = {
      fields: fieldsOf(fields),
      forks: forks.map((fork) => ({ name: fork.name, fields: fieldsOf(fork.fields) })),
    };
    const key = JSON.stringify(explanation);
    const last = groups.at(-1);
    if (last?.key === key) last.versions.push(version.index);
    else groups.push({ key, versions: [version.index], explanation });
  }
  return groups.map(({ versions, explanation }) => ({ versions, ...explanation }));
}

function fieldsOf(fields: ReadonlyMap<string, Owned>): readonly FieldSummary[] {
  return [...fields].map(([field, { value, owner }]) => ({
    field,
    value,
    owner: owner.kind === 'plugin' ? owner.name : owner.kind,
    ...(owner.configPath !== undefined && { configPath: owner.configPath }),
  }));
}
