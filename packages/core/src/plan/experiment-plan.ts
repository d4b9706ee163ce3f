import { token } from '../di.js';
import { BranchlineError, type Failure, type Problem } from '../errors.js';
import { type GraphNode, RunGraph } from '../graph/run-graph.js';
import { type Digest, digestBytes, digestJson } from '../json.js';
import { OrderContents } from '../path/order-contents.js';
import type { PlannedPath, PlannedVersion } from '../path/path.js';
import type { SequenceLosses } from '../plugin/contexts.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import type { LossSpec } from '../spec/spec.js';
import type {
  FindTeacher,
  ModelDescription,
  ObjectivePart,
  OptimizerSpec,
  TeacherCheckpoint,
} from '../trainer/trainer.js';
import { checkStrategies, type DecidedStrategy, experimentInfo } from './check.js';
import type { DataProvider } from './data.js';
import { type DecidedVersion, decide } from './decide.js';
import { expand } from './expand.js';
import type { ExperimentSpec } from './experiment-spec.js';
import { heldOutWarnings } from './held-out-deciders.js';
import { joinFailures } from './join-failures.js';
import { namedCheckpoints, type ObjectiveSource } from './objectives.js';
import type { Orders } from './orders.js';
import { PassedStates } from './passed-states.js';
import type { PlanWarning } from './plan-warning.js';
import { StoredHistories, type StoredState } from './stored-histories.js';
import { type VersionContent, versionContents } from './version-content.js';
import { type StrategyWarmups, warmupWarnings } from './warmups.js';

/** The plan of one strategy under one seed. */
export interface StrategyPlan {
  readonly strategy: PreparedStrategy;
  readonly decisions: readonly DecidedVersion[];
  readonly versions: readonly PlannedVersion[];
  /** Graph nodes of the releases, in version order. */
  readonly releases: readonly GraphNode[];
  /** Graph nodes that `onStep` captures. */
  readonly captures: readonly GraphNode[];
  /** The loss measurements that decided its branches. */
  readonly measured: readonly MeasuredLosses[];
}

/** A loss measurement that a strategy's plugins requested: the state, and the digest of the request. */
export interface MeasuredLosses {
  readonly version: number;
  readonly node: GraphNode;
  readonly question: Digest;
}

/** A reactive strategy planned up to a branch that waits for losses. */
export interface OpenStrategy {
  readonly strategy: PreparedStrategy;
  readonly version: number;
  /** The waiting fork. */
  readonly fork: string;
  /** The waiting plugins. */
  readonly plugins: readonly string[];
  /** Paths laid out so far. */
  readonly paths: readonly PlannedPath[];
  /** Paths of later versions that are decided already; nothing of them is demanded yet. */
  readonly later: readonly PlannedPath[];
  /** The state whose losses are needed. */
  readonly node: GraphNode;
  /** Sequences whose losses are needed, ascending. */
  readonly sequences: Uint32Array;
  /** Digest of the request: the losses of these sequences, one by one. */
  readonly question: Digest;
  /** States that this strategy needs already. Training passes through them and must store them. */
  readonly settled: readonly GraphNode[];
  /** The loss measurements that decided its branches so far. */
  readonly measured: readonly MeasuredLosses[];
}

/** What determines every state of a plan, besides seeds, rates and data. */
export interface PlanBasis {
  /** Digest of the architecture. */
  readonly model: Digest;
  readonly optimizer: OptimizerSpec;
  /** Sequences per step. */
  readonly batch: number;
  /** Numerics fingerprint of the trainer. */
  readonly numerics: string;
}

/** The whole experiment, planned as far as possible before training. */
export interface ExperimentPlan {
  /** What plugins see under the first seed; for other seeds only `seed` differs. */
  readonly info: ExperimentInfo;
  readonly seeds: readonly number[];
  /** Completely planned strategies: one entry per strategy and seed. */
  readonly strategies: readonly StrategyPlan[];
  /** Strategies that must be trained and measured before planning can continue. */
  readonly open: readonly OpenStrategy[];
  readonly graph: RunGraph;
  /** What root keys hold besides the seed. */
  readonly basis: PlanBasis;
  /** The content of every version; computed at the first call. */
  readonly contentOfVersions: () => readonly VersionContent[];
  readonly orders: Orders;
  /** Why strategies could not be planned. */
  readonly failures: readonly Failure[];
  /**
   * The failures that were found without measured losses. No training changes them, so a run does not start with them
   * unless the user starts it anyway.
   */
  readonly mistakes: readonly Failure[];
  /** What can be trained, but is hardly meant. */
  readonly warnings: readonly PlanWarning[];
  /** Digest of everything that affects the bits of any release. */
  readonly digest: Digest;
}

export const PLAN = token<ExperimentPlan>('plan');

/** What is stored, for a plan that takes states of other processors. */
export interface StoredElsewhere {
  readonly states: readonly StoredState[];
  /** The part of the trainer's numerics that names this processor. */
  readonly processor: string;
}

export interface PlanInput {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  /** Numerics fingerprint of the trainer. */
  readonly numerics: string;
  /** Stored states that are used although this trainer made them on another processor. Default: none. */
  readonly elsewhere?: StoredElsewhere;
  /** Finds the checkpoints that strategies name as teachers. Absent: strategies that name one fail. */
  readonly findTeacher?: FindTeacher;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  /** Looks up measured mean losses by state and request; undefined when not measured. */
  readonly measured?: (state: Digest, question: Digest) => Promise<Float64Array | undefined>;
}

/**
 * Calls all deciders, lays out all paths and merges them into a graph. Throws one error with all problems of the
 * experiment.
 */
export async function planExperiment(input: PlanInput): Promise<ExperimentPlan> {
  const { spec, model, data, numerics, elsewhere } = input;
  const { optimizer, batch, seeds } = spec;
  const decided: DecidedStrategy[] = [];
  const problems: Problem[] = [];
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) {
    problems.push({ configPath: 'seeds', message: 'must have at least one seed, without repeats' });
  }
  const failed: Failure[] = [];
  for (const seed of seeds) {
    const info = experimentInfo(spec, data, model, seed);
    const log: PlanInput['log'] = (level, message) =>
      input.log(level, seeds.length === 1 ? message : `seed ${seed}: ${message}`);
    const check = await checkStrategies(spec, info, log);
    problems.push(...check.problems);
    failed.push(...check.failures);
    decided.push(...check.decided);
  }
  if (problems.length > 0) {
    problems.push(...failed.flatMap(({ error }) => error.problems));
    throw new BranchlineError('config', withoutRepeats(problems));
  }

  const start = model.start && { start: model.start.digest };
  const digestOf = (of: string) =>
    digestJson({ format: 2, model: model.spec, ...start, optimizer: { ...optimizer }, batch, numerics: of });
  const orders: Orders = new Map();
  const contents = new OrderContents({
    ids: (order) => orders.get(order)!,
    contentOf: (ids) => data.contentOf(ids),
  });
  const basis = { numerics, digestOf, batch, contents };
  const histories = elsewhere && new StoredHistories(basis, elsewhere.states, elsewhere.processor);
  const graph = new RunGraph(basis, histories && ((point) => histories.take(point)));
  const strategies: StrategyPlan[] = [];
  const open: OpenStrategy[] = [];
  const mistakes = [...failed];
  const warmups: StrategyWarmups[] = [];
  for (const { driver, decision } of decided) {
    let usedLosses = false;
    const measured: PlanInput['measured'] = async (...asked) => {
      const losses = await input.measured?.(...asked);
      usedLosses ||= losses !== undefined;
      return losses;
    };
    try {
      const { cut, ...planned } = await planStrategy({
        ...{ driver, decision, data, orders, graph, measured, model, findTeacher: input.findTeacher },
        averages: spec.averages ?? true,
        objectives: spec.objectives ?? [],
      });
      warmups.push(cut);
      if ('question' in planned) open.push(planned);
      else strategies.push(planned);
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      const failure = { strategies: [driver.strategy.name], seeds: [driver.strategy.seed], error };
      failed.push(failure);
      if (!usedLosses) mistakes.push(failure);
    }
  }
  for (const { versions } of strategies) graph.markTip(versions.at(-1)!.main.lineage);
  const digest = digestJson([
    ...strategies.map(({ strategy, releases }) => [strategy.name, ...releases.map(({ key }) => key)]),
    ...open.map(({ strategy, node, question }) => [strategy.name, node.key, question]),
  ]);
  const info = experimentInfo(spec, data, model);
  let contentOfVersions: readonly VersionContent[] | undefined;
  return {
    ...{ info, seeds, strategies, open, graph, orders, digest },
    basis: {
      model: start ? digestJson({ spec: model.spec, ...start }) : digestJson(model.spec),
      optimizer,
      batch,
      numerics,
    },
    contentOfVersions: () => (contentOfVersions ??= versionContents(data)),
    failures: joinFailures(failed, seeds),
    mistakes: joinFailures(mistakes, seeds),
    warnings: [
      ...warmupWarnings(warmups, info, spec.warmupAssumed === true),
      ...heldOutWarnings(decided.map(({ driver }) => driver.strategy)),
    ],
  };
}

/** Removes repeats: a problem under every seed is reported once. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

interface StrategyInput extends DecidedStrategy {
  readonly data: DataProvider;
  readonly orders: Orders;
  readonly graph: RunGraph;
  readonly measured: PlanInput['measured'];
  readonly model: ModelDescription;
  readonly findTeacher: FindTeacher | undefined;
  /** Whether the trainer can average. */
  readonly averages: boolean;
  /** What the trainer can optimise besides the loss of weighted sequences. */
  readonly objectives: readonly ObjectivePart[];
}

/** The paths of a strategy that end before their warm-up. */
interface Cut {
  readonly cut: StrategyWarmups;
}

/**
 * Lays out a strategy's paths and adds them to the graph. When a branch needs losses that are measured, the plugins are
 * called again with them; the strategy stays open at the first branch whose losses are not measured.
 */
async function planStrategy(input: StrategyInput): Promise<(StrategyPlan | OpenStrategy) & Cut> {
  const { driver, data, orders, graph, measured } = input;
  const { strategy } = driver;
  const { name } = strategy;
  const known = new Map<string, SequenceLosses>();
  const measurements: MeasuredLosses[] = [];
  const passed = new PassedStates(graph);
  let { decision } = input;
  for (;;) {
    assertObjectives(name, decision.versions, input.objectives);
    const objectives = await objectivesFor(input, decision.versions);
    const { versions, cutWarmups, open } = expand(driver, decision.versions, data, orders, objectives);
    if (!input.averages) assertNoAverage(name, decision.versions, versions);
    passed.check(name, versions, open);
    const cut: StrategyWarmups = { strategy: name, decisions: decision.versions, cut: cutWarmups };
    const releases = versions.map(({ release }) => graph.demand(release.point, name));
    const captures = versions.flatMap(({ captures: of }) => of.map((point) => graph.demand(point, name)));
    const common = { strategy, measured: measurements, cut };
    if (open === undefined) return { ...common, decisions: decision.versions, versions, releases, captures };
    const { version, name: fork, plugins, request, point, paths, later, sequences } = open;
    const node = graph.demand(point, name);
    const needed = passed.pass(open).map((before) => graph.demand(before, name));
    const question = digestJson({ losses: digestBytes(data.contentOf(sequences)) });
    const loss = await measured?.(node.key, question);
    if (loss === undefined) {
      const before = measurements.filter((one) => one.version === version).map((one) => one.node);
      const settled = [...releases, ...captures, ...needed, ...before];
      return { ...common, version, fork, plugins, paths, later, node, sequences, question, settled };
    }
    const keyOf = (...place: [number, string, string]) => place.join('/');
    known.set(keyOf(version, fork, request), { sequences, loss });
    // Requests in other words can ask for the same, which is measured, and paid for, once.
    const again = measurements.some((one) => one.node === node && one.question === question);
    if (!again) measurements.push({ version, node, question });
    decision = decide(driver, (...place) => known.get(keyOf(...place)));
    if (decision.problems.length > 0) throw new BranchlineError('plugin', decision.problems);
  }
}

/** What the objectives of a strategy's paths are made from. Throws a BranchlineError for a missing teacher. */
async function objectivesFor(
  { driver: { strategy }, graph, model, findTeacher }: StrategyInput,
  decisions: readonly DecidedVersion[],
): Promise<ObjectiveSource> {
  const checkpoints = new Map<string, TeacherCheckpoint>();
  for (const from of namedCheckpoints(decisions)) {
    if (findTeacher === undefined) {
      const message = `learns from the checkpoint in ${from}, and nothing here opens checkpoints`;
      throw new BranchlineError('plan', { strategy: strategy.name, message });
    }
    checkpoints.set(from, await findTeacher(from));
  }
  return { model, keyOf: (point) => graph.keyOf(point), checkpoints };
}

/** Throws a `plan` error if a path optimises what the trainer cannot. */
function assertObjectives(
  strategy: string,
  decisions: readonly DecidedVersion[],
  objectives: readonly ObjectivePart[],
): void {
  const paths = decisions.flatMap(({ version, spec, fields, forks }) =>
    [{ name: 'main', spec, fields }, ...forks].map((path) => ({ ...path, version: version.index })),
  );
  for (const { part, isWanted, message } of OBJECTIVES) {
    const wanted = objectives.includes(part) ? undefined : paths.find(({ spec }) => isWanted(spec.loss));
    if (wanted === undefined) continue;
    const owner = wanted.fields.get(`loss.${part}`)?.owner;
    throw new BranchlineError('plan', {
      ...{ strategy, version: wanted.version, path: wanted.name },
      ...{ plugin: owner?.name, configPath: owner?.configPath },
      message: `${message}, and the trainer, with these options, cannot do that`,
      remedy: 'Leave the strategy out, or use a trainer that can: tfjs, or torch in one process without stacks.',
    });
  }
}

/** The parts of objectives, and what a path does that needs them. */
const OBJECTIVES: readonly {
  readonly part: ObjectivePart;
  readonly isWanted: (loss: LossSpec) => boolean;
  readonly message: string;
}[] = [
  { part: 'distil', isWanted: ({ distil }) => distil !== null, message: 'learns from a teacher' },
  { part: 'prefix', isWanted: ({ prefix }) => prefix > 1, message: 'does not score the first tokens of sequences' },
];

/** Throws a `plan` error if a release is an average. */
function assertNoAverage(
  strategy: string,
  decisions: readonly DecidedVersion[],
  versions: readonly PlannedVersion[],
): void {
  const at = versions.findIndex(({ release: { point } }) => point.steps === 0 && point.lineage.root.kind === 'derived');
  if (at < 0) return;
  const owner = decisions[at]?.fields.get('release.average')?.owner;
  throw new BranchlineError('plan', {
    strategy,
    version: versions[at]!.release.version,
    plugin: owner?.name,
    configPath: owner?.configPath,
    message: 'releases an average of checkpoints, and the trainer cannot average',
    remedy: 'Leave the strategy out, or use a trainer that trains weights: tfjs or torch.',
  });
}

/** States that must exist at the end: releases and captures of all strategies, and states whose losses are needed. */
export function targetsOf({ strategies, open }: ExperimentPlan): readonly GraphNode[] {
  const demanded = strategies.flatMap(({ releases, captures }) => [...releases, ...captures]);
  return [...new Set([...demanded, ...open.flatMap(({ node, settled }) => [...settled, node])])];
}

/** Releases of all completely planned strategies, each once. */
export function releasesOf({ strategies }: ExperimentPlan): ReadonlySet<GraphNode> {
  return new Set(strategies.flatMap(({ releases }) => releases));
}
