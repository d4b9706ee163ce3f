/** States of runs that are not finished, made of results that are. */
import type { Cost } from '@branchline/core';
import type { Results, StrategyResult } from '@branchline/evaluation';
import type { LiveCurve, LiveState } from '../src/index.js';

/** A moment in the past of every test. */
export const NOW = Date.UTC(2026, 2, 14, 9, 26, 53);

const NONE: Cost = { tokens: 0, flops: 0, steps: 0, deviceSeconds: 0, energyJoules: 0, money: 0 };

const part = (cost: Cost, share: number): Cost => ({
  tokens: cost.tokens * share,
  flops: cost.flops * share,
  steps: Math.round(cost.steps * share),
  deviceSeconds: cost.deviceSeconds * share,
  energyJoules: cost.energyJoules === null ? null : cost.energyJoules * share,
  money: cost.money === null ? null : cost.money * share,
});

/** A run whose text is being read. */
export const planningState = (): LiveState => ({
  experiment: 'quick',
  status: 'planning',
  startedAt: NOW - 4000,
  updatedAt: NOW - 1000,
  steps: { done: 0, planned: 0 },
  segments: {},
  cost: { spent: NONE, ahead: NONE },
  currency: 'USD',
  lanes: [],
  curves: [],
  messages: [],
});

/** A run of which a share of the steps is trained, in the order of the graph's segments. */
export function trainingState(whole: Results, share: number, extra: Partial<LiveState> = {}): LiveState {
  const { graph } = whole;
  const segments: Record<string, { done: number; steps: number }> = {};
  const train = graph.edges.filter(({ kind }) => kind === 'train');
  const planned = train.reduce((sum, { steps }) => sum + steps, 0);
  let left = Math.round(planned * share);
  const reached = new Map<number, number>();
  let current: (typeof train)[number] | undefined;
  for (const edge of train) {
    const done = Math.min(left, edge.steps);
    left -= done;
    if (done > 0) segments[graph.nodes[edge.to]!.key] = { done, steps: edge.steps };
    reached.set(edge.to, done / edge.steps);
    if (done > 0 && done < edge.steps) current = edge;
  }
  const isThere = (node: number): boolean =>
    graph.edges
      .filter(({ to }) => to === node)
      .every(({ from, kind }) => (kind === 'train' ? reached.get(node) === 1 : from === node || isThere(from)));
  const released = new Set(
    graph.nodes.filter(({ id, releases }) => releases.length > 0 && isThere(id)).map(({ key }) => key),
  );
  const strategies = whole.strategies.map(
    (strategy): StrategyResult => ({
      ...strategy,
      releases: strategy.releases.filter(({ checkpoint }) => released.has(checkpoint)),
      cost: { standalone: NONE, attributed: NONE, ratioToBaseline: null },
    }),
  );
  const missing = strategies.flatMap(({ name, seed, releases }, index) => {
    const versions = whole.strategies[index]!.releases.map(({ version }) => version);
    const ahead = versions.filter((version) => releases.every((release) => release.version !== version));
    return ahead.length === 0 ? [] : [{ strategy: name, seed, versions: ahead }];
  });
  const of = whole.strategies.reduce((sum, { releases }) => sum + releases.length, 0);
  const have = strategies.reduce((sum, { releases }) => sum + releases.length, 0);
  const done = Math.round(planned * share);
  return {
    experiment: whole.experiment.name,
    status: 'training',
    startedAt: NOW - 240_000,
    updatedAt: NOW - 2000,
    results: { ...whole, strategies, comparison: null, partial: { releases: have, of, missing } },
    steps: { done, planned },
    segments,
    cost: { spent: part(whole.actual, share), ahead: part(whole.actual, 1 - share) },
    currency: whole.currency,
    timeLeft: { seconds: 754, from: 'this run' },
    tokensPerSecond: 21_800,
    lanes: current
      ? [
          {
            name: 'lane 1',
            strategies: current.strategies,
            seed: whole.seeds[0],
            step: segments[graph.nodes[current.to]!.key]!.done,
            steps: current.steps,
            loss: 3.2141,
            rate: 2.4e-3,
          },
          { name: 'lane 2', strategies: [] },
        ]
      : [],
    curves: curvesOf(whole, share),
    messages: [
      { level: 'info', text: 'continuing a segment from a state stored after 40 steps of it' },
      { level: 'warn', text: 'the logger mlflow does not answer at http://127.0.0.1:5000; it is asked again' },
    ],
    ...extra,
  };
}

/** Curves of the paths of strategies, each trained to the same share of all positions. */
function curvesOf({ strategies, seeds }: Results, share: number): readonly LiveCurve[] {
  return strategies
    .filter(({ seed }) => seed === seeds[0])
    .slice(0, Math.max(1, Math.ceil(strategies.length * share)))
    .flatMap(({ name, seed, paths }) =>
      paths.map((path) => ({
        track: `${name}/seed-${seed}/v${path.version}-${path.name}`,
        strategies: [name],
        seed,
        version: path.version,
        path: path.name,
        points: path.loss.map(([position, loss]) => [position, loss, rateAt(path.rate, position)] as const),
      })),
    );
}

function rateAt(rate: readonly (readonly [number, number])[], position: number): number {
  const after = rate.findIndex(([at]) => at >= position);
  if (after <= 0) return (after === 0 ? rate[0] : rate.at(-1))?.[1] ?? 0;
  const [[x0, y0], [x1, y1]] = [rate[after - 1]!, rate[after]!];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (position - x0)) / (x1 - x0);
}

/** A finished run. */
export function finishedState(whole: Results): LiveState {
  const state = trainingState(whole, 1);
  return {
    ...state,
    status: 'finished',
    results: whole,
    cost: { spent: whole.actual, ahead: NONE },
    timeLeft: undefined,
    tokensPerSecond: undefined,
    lanes: [],
    messages: [],
  };
}
