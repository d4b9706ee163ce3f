/** Merges several seeds: means for values, and the graph of the first seed, because all have the same shape. */
import type { Cost } from '@branchline/core';
import type {
  HeldOutResult,
  PathResult,
  ReleaseResult,
  Results,
  StrategyResult,
  TaskResult,
  TransferResult,
  ValidationResult,
} from '@branchline/evaluation';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * A strategy with means over its seeds. Paths, plugins and checkpoints are those of the first. A single seed is
 * returned unchanged.
 */
export function meanOf(runs: readonly StrategyResult[]): StrategyResult {
  const [first] = runs as readonly [StrategyResult];
  if (runs.length === 1) return first;
  return {
    ...first,
    cost: {
      standalone: meanCost(runs.map(({ cost }) => cost.standalone)),
      attributed: meanCost(runs.map(({ cost }) => cost.attributed)),
      ...(first.cost.measured && { measured: meanCost(runs.flatMap(({ cost }) => cost.measured ?? [])) }),
      ratioToBaseline: orNull(runs.map(({ cost }) => cost.ratioToBaseline)),
    },
    // In partial results, seeds differ in what they have released.
    releases: firstOfEach(runs).map((release): ReleaseResult => {
      const all = runs.flatMap(({ releases }) => releases.filter(({ version }) => version === release.version));
      return {
        ...release,
        loss: mean(all.map(({ loss }) => loss)),
        bitsPerByte: mean(all.map(({ bitsPerByte }) => bitsPerByte)),
        lossByDomain: meanRecord(all.map(({ lossByDomain }) => lossByDomain)),
        lossByVersion: meanRecord(all.map(({ lossByVersion }) => lossByVersion)),
        heldOut: release.heldOut?.map((part) => meanPart(part, all)),
        transfer: meanTransfer(all.flatMap(({ transfer = [] }) => transfer)),
        validation: release.validation?.map((set) => meanSet(set, all)),
        tasks: release.tasks?.map((task) => meanTask(task, all)),
        cumulative: meanCost(all.map(({ cumulative }) => cumulative)),
      };
    }),
    paths: first.paths.map((path) => ({ ...path, loss: meanCurve(path, runs) })),
  };
}

/** The mean of a path's training losses over seeds, or the first seed's if the paths differ. */
function meanCurve(path: PathResult, runs: readonly StrategyResult[]): PathResult['loss'] {
  const curves = runs.flatMap(({ paths }) =>
    paths
      .filter(({ name, version, begin }) => name === path.name && version === path.version && begin === path.begin)
      .map(({ loss }) => loss),
  );
  const alike = (curve: PathResult['loss']) =>
    curve.length === path.loss.length && curve.every(([position], index) => position === path.loss[index]![0]);
  if (curves.length < runs.length || !curves.every(alike)) return path.loss;
  return path.loss.map(([position], index) => [position, mean(curves.map((curve) => curve[index]![1]))] as const);
}

function meanRecord(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  // Names can be anything, including `__proto__`.
  return Object.fromEntries(
    Object.keys(records[0]!).map((name) => [
      name,
      mean(records.flatMap((record) => (Object.hasOwn(record, name) ? [record[name]!] : []))),
    ]),
  );
}

function meanPart(part: HeldOutResult, releases: readonly ReleaseResult[]): HeldOutResult {
  const same = releases.flatMap(({ heldOut = [] }) =>
    heldOut.filter(({ version, domain }) => version === part.version && domain === part.domain),
  );
  return {
    ...part,
    loss: mean(same.map(({ loss }) => loss)),
    bitsPerByte: mean(same.map(({ bitsPerByte }) => bitsPerByte)),
  };
}

function meanSet(set: ValidationResult, releases: readonly ReleaseResult[]): ValidationResult {
  const same = releases.flatMap(({ validation = [] }) => validation.filter(({ name }) => name === set.name));
  return {
    ...set,
    loss: mean(same.map(({ loss }) => loss)),
    bitsPerByte: mean(same.map(({ bitsPerByte }) => bitsPerByte)),
    lossByDomain: meanRecord(same.map(({ lossByDomain }) => lossByDomain)),
  };
}

/** Means over seeds. Items and their order are equal under all seeds. */
function meanTask(task: TaskResult, releases: readonly ReleaseResult[]): TaskResult {
  const same = releases.flatMap(({ tasks = [] }) => tasks.filter(({ name }) => name === task.name));
  const accuracy = (of: readonly Pick<TaskResult, 'acc' | 'acc_norm'>[]) => ({
    acc: mean(of.map(({ acc }) => acc)),
    acc_norm: mean(of.map(({ acc_norm }) => acc_norm)),
  });
  const parts = task.parts.map((part, index) => ({ ...part, ...accuracy(same.map((one) => one.parts[index]!)) }));
  return { ...task, ...accuracy(same), parts };
}

function meanTransfer(all: readonly TransferResult[]): TransferResult | undefined {
  if (all.length === 0) return undefined;
  return {
    forgetting: mean(all.map(({ forgetting }) => forgetting)),
    backwardTransfer: mean(all.map(({ backwardTransfer }) => backwardTransfer)),
    forwardTransfer: mean(all.map(({ forwardTransfer }) => forwardTransfer)),
  };
}

/** The mean; null if some value is null. */
const orNull = (values: readonly (number | null)[]): number | null =>
  values.every((value) => value !== null) ? mean(values) : null;

/** The release of each version under the first seed that has one, by version. */
function firstOfEach(runs: readonly StrategyResult[]): readonly ReleaseResult[] {
  const found = new Map<number, ReleaseResult>();
  for (const release of runs.flatMap(({ releases }) => releases)) {
    if (!found.has(release.version)) found.set(release.version, release);
  }
  return [...found.values()].sort((a, b) => a.version - b.version);
}

function meanCost(costs: readonly Cost[]): Cost {
  return {
    tokens: mean(costs.map(({ tokens }) => tokens)),
    flops: mean(costs.map(({ flops }) => flops)),
    steps: mean(costs.map(({ steps }) => steps)),
    deviceSeconds: mean(costs.map(({ deviceSeconds }) => deviceSeconds)),
    energyJoules: orNull(costs.map(({ energyJoules }) => energyJoules)),
    money: orNull(costs.map(({ money }) => money)),
  };
}

/** Standard deviation over seeds of the loss of a version; undefined with fewer than two seeds. */
export function deviationOf(runs: readonly StrategyResult[], version: number): number | undefined {
  const losses = runs.flatMap(({ releases }) =>
    releases.filter((of) => of.version === version).map(({ loss }) => loss),
  );
  if (losses.length < 2) return undefined;
  const middle = mean(losses);
  return Math.sqrt(losses.reduce((sum, loss) => sum + (loss - middle) ** 2, 0) / (losses.length - 1));
}

/** The part of the run graph that belongs to one seed. */
export function graphOfSeed({ graph, seeds }: Results, seed: number): Results['graph'] {
  if (seeds.length === 1) return graph;
  const own = partOf(graph, (node) => node.seed === seed, graph.edges);
  return { ...own, segments: own.edges.filter(({ kind }) => kind === 'train').length };
}

/** The part of the run graph that some of `all` strategies need, without the others. */
export function graphOfStrategies(graph: Results['graph'], names: readonly string[], all: number): Results['graph'] {
  if (names.length === all) return graph;
  const wanted = new Set(names);
  const edges = graph.edges.flatMap((edge) => {
    const strategies = edge.strategies.filter((name) => wanted.has(name));
    return strategies.length === 0 ? [] : [{ ...edge, strategies }];
  });
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const own = partOf(graph, ({ id }) => ends.has(id), edges);
  const nodes = own.nodes.map((node) => ({
    ...node,
    releases: node.releases.filter(({ strategy }) => wanted.has(strategy)),
  }));
  return { ...own, nodes };
}

/** Some nodes of a graph with new ids, and those of the given edges that lie between them. */
function partOf(
  graph: Results['graph'],
  isKept: (node: Results['graph']['nodes'][number]) => boolean,
  all: Results['graph']['edges'],
): Results['graph'] {
  const kept = graph.nodes.filter(isKept);
  const ids = new Map(kept.map(({ id }, index) => [id, index]));
  const edges = all.flatMap((edge) => {
    const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
    return from === undefined || to === undefined ? [] : [{ ...edge, from, to }];
  });
  return { ...graph, nodes: kept.map((node, index) => ({ ...node, id: index })), edges };
}
