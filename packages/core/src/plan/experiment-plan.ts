import { token } from '../di.js';
import { BranchlineError, type Failure, type Problem } from '../errors.js';
import { type GraphNode, RunGraph } from '../graph/run-graph.js';
import { type Digest, digestBytes, digestJson } from '../json.js';
import { type PlannedPath, type PlannedVersion } from '../path/path.js';
import { type SequenceLosses } from '../plugin/contexts.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import type { ModelDescription } from '../trainer/trainer.js';
import { checkStrategies, type DecidedStrategy, experimentInfo } from './check.js';
import type { DataProvider } from './data.js';
import { type DecidedVersion, decide } from './decide.js';
import { expand } from './expand.js';
import type { ExperimentSpec } from './experiment-spec.js';
import { joinFailures } from './join-failures.js';
import type { Orders } from './orders.js';

/** One strategy under one seed, planned. */
export interface StrategyPlan {
  readonly strategy: PreparedStrategy;
  readonly decisions: readonly DecidedVersion[];
  readonly versions: readonly PlannedVersion[];
  /** Nodes of the releases, by version. */
  readonly releases: readonly GraphNode[];
  /** Nodes that `onStep` wants kept. */
  readonly captures: readonly GraphNode[];
  /** The losses that decided its branches. */
  readonly measured: readonly MeasuredLosses[];
}

/** Losses that a strategy's plugins asked for: of which state, and the digest of the question. */
export interface MeasuredLosses {
  readonly version: number;
  readonly state: Digest;
  readonly question: Digest;
}

/** A reactive strategy that is decided up to a branch, and on when losses are measured. */
export interface OpenStrategy {
  readonly strategy: PreparedStrategy;
  readonly version: number;
  /** The fork that waits. */
  readonly fork: string;
  /** Plugins that wait. */
  readonly plugins: readonly string[];
  /** Its paths as far as they are laid out. */
  readonly paths: readonly PlannedPath[];
  /** The state whose losses they want. */
  readonly node: GraphNode;
  /** The sequences they want them of, ascending. */
  readonly sequences: Uint32Array;
  /** Digest of the question: these sequences, one by one. */
  readonly question: Digest;
  /**
   * What the versions before it release and capture: training that goes on from there passes through, and must store
   * it.
   */
  readonly settled: readonly GraphNode[];
}

/** The whole experiment, planned as far as it can be before anything is trained. */
export interface ExperimentPlan {
  /** What plugins are told under the first seed; the others differ in the seed alone. */
  readonly info: ExperimentInfo;
  readonly seeds: readonly number[];
  /** Strategies that are planned to their end, seed by seed: as many entries with one name as there are seeds. */
  readonly strategies: readonly StrategyPlan[];
  /** Those that must be trained and measured before they are planned on. */
  readonly open: readonly OpenStrategy[];
  readonly graph: RunGraph;
  readonly orders: Orders;
  readonly failures: readonly Failure[];
  /** Of everything that decides a bit of any release. */
  readonly digest: Digest;
}

export const PLAN = token<ExperimentPlan>('plan');

export interface PlanInput {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  /** The trainer's numerics fingerprint. */
  readonly numerics: string;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  /** Mean losses that were measured, by state and question; nothing when nothing was. */
  readonly measured?: (state: Digest, question: Digest) => Promise<Float64Array | undefined>;
}

/** Asks all deciders, lays out all paths and merges them. Throws one error with all the user's mistakes. */
export async function planExperiment(input: PlanInput): Promise<ExperimentPlan> {
  const { spec, model, data, numerics } = input;
  const { optimizer, batch, seeds } = spec;
  const decided: DecidedStrategy[] = [];
  const problems: Problem[] = [];
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) {
    problems.push({ configPath: 'seeds', message: 'must be at least one seed, and none of them twice' });
  }
  const failed: Failure[] = [];
  for (const seed of seeds) {
    const info = experimentInfo(spec, data, seed);
    const log: PlanInput['log'] = (level, message) =>
      input.log(level, seeds.length === 1 ? message : `seed ${seed}: ${message}`);
    const check = await checkStrategies(spec, info, log);
    problems.push(...check.problems);
    failed.push(...check.failures);
    decided.push(...check.decided);
  }
  if (problems.length > 0) throw new BranchlineError('config', tellOnce(problems));

  const basis = digestJson({
    format: 1,
    model: model.spec,
    optimizer: { ...optimizer },
    batch,
    corpus: data.digest,
    numerics,
  });
  const graph = new RunGraph({ digest: basis, batch });
  const orders: Orders = new Map();
  const strategies: StrategyPlan[] = [];
  const open: OpenStrategy[] = [];
  for (const { driver, decision } of decided) {
    try {
      const planned = await planStrategy({ driver, decision, data, orders, graph, measured: input.measured });
      if ('question' in planned) open.push(planned);
      else strategies.push(planned);
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      failed.push({ strategies: [driver.strategy.name], seeds: [driver.strategy.seed], error });
    }
  }
  const digest = digestJson([
    ...strategies.map(({ strategy, releases }) => [strategy.name, ...releases.map(({ key }) => key)]),
    ...open.map(({ strategy, node, question }) => [strategy.name, node.key, question]),
  ]);
  const info = experimentInfo(spec, data);
  return { info, seeds, strategies, open, graph, orders, failures: joinFailures(failed, seeds), digest };
}

/** What is wrong under every seed is told once. */
function tellOnce(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** What `planStrategy` needs. */
interface StrategyInput extends DecidedStrategy {
  readonly data: DataProvider;
  readonly orders: Orders;
  readonly graph: RunGraph;
  readonly measured: PlanInput['measured'];
}

/**
 * Lays out a strategy's paths and puts them into the graph. While a branch waits for losses that are measured, the
 * plugins are asked again with them; the first whose losses are not leaves the strategy open.
 */
async function planStrategy(input: StrategyInput): Promise<StrategyPlan | OpenStrategy> {
  const { driver, data, orders, graph, measured } = input;
  const { strategy } = driver;
  const { name } = strategy;
  const known = new Map<string, SequenceLosses>();
  const asked: MeasuredLosses[] = [];
  let { decision } = input;
  for (;;) {
    const { versions, open } = expand(driver, decision.versions, data, orders);
    const demanded = () => ({
      releases: versions.map(({ release }) => graph.demand(release.point, name)),
      captures: versions.flatMap(({ captures }) => captures.map((point) => graph.demand(point, name))),
    });
    if (open === undefined) return { strategy, decisions: decision.versions, versions, ...demanded(), measured: asked };
    const { version, name: fork, plugins, point, paths, sequences } = open;
    const question = digestJson({ losses: digestBytes(new Uint8Array(sequences.buffer)) });
    const loss = await measured?.(graph.keyOf(point), question);
    if (loss === undefined) {
      const { releases, captures } = demanded();
      const node = graph.demand(point, name);
      return {
        strategy,
        version,
        fork,
        plugins,
        paths,
        node,
        sequences,
        question,
        settled: [...releases, ...captures],
      };
    }
    known.set(`${version}/${fork}`, { sequences, loss });
    asked.push({ version, state: graph.keyOf(point), question });
    const losses = (of: number, branch: string) => known.get(`${of}/${branch}`);
    decision = decide(driver, losses);
    if (decision.problems.length > 0) throw new BranchlineError('plugin', decision.problems);
  }
}

/**
 * States that must exist at the end: releases and captures of all strategies, and states whose losses somebody waits
 * for.
 */
export function targetsOf({ strategies, open }: ExperimentPlan): readonly GraphNode[] {
  const demanded = strategies.flatMap(({ releases, captures }) => [...releases, ...captures]);
  return [...new Set([...demanded, ...open.flatMap(({ node, settled }) => [...settled, node])])];
}

/** Releases of all strategies that are planned to their end, each once. */
export function releasesOf({ strategies }: ExperimentPlan): ReadonlySet<GraphNode> {
  return new Set(strategies.flatMap(({ releases }) => releases));
}
