import { expect, test } from 'vitest';
import { averaging, branching, continual, scratch, stableDecay } from '../../test/plugins.js';
import { model, toyData, toySpec } from '../../test/toy.js';
import { segmentsBehind } from '../ledger/attribute.js';
import { CONTENT_BYTES, OrderContents } from '../path/order-contents.js';
import type { Point, Root } from '../path/path.js';
import { constantPiece } from '../path/rate-pieces.js';
import { planExperiment } from '../plan/experiment-plan.js';
import type { PluginUse } from '../plugin/definition.js';
import { RunGraph } from './run-graph.js';

const T = 10;

async function plan(strategies: Readonly<Record<string, readonly PluginUse[]>>) {
  const planned = await planExperiment({
    spec: toySpec(strategies),
    model,
    data: toyData(),
    numerics: 'toy',
    log: () => undefined,
  });
  const steps = (name: string) => {
    const { releases } = planned.strategies.find(({ strategy }) => strategy.name === name)!;
    return [...segmentsBehind(releases)].reduce((sum, segment) => sum + segment.steps, 0);
  };
  const total = planned.graph.segments().reduce((sum, segment) => sum + segment.steps, 0);
  return { ...planned, steps, total };
}

test('the graph gives the expected costs: from scratch 10 T, continual 4 T, branching 5.8 T', async () => {
  const { steps } = await plan({ scratch: [scratch()], continual: [continual()], branching: [branching()] });
  expect(steps('scratch')).toBe(10 * T);
  expect(steps('continual')).toBe(4 * T);
  expect(steps('branching')).toBe(5.8 * T);
});

test('stable-decay from scratch shares all states with branching', async () => {
  const { steps, total, strategies } = await plan({ branching: [branching()], scratch: [stableDecay()] });
  expect(steps('scratch')).toBe(5.8 * T);
  expect(total).toBe(5.8 * T);
  const [a, b] = strategies.map(({ releases }) => releases.map(({ key }) => key));
  expect(a).toEqual(b);
});

test('averaging on the main path adds no step to branching', async () => {
  const { total, steps } = await plan({ branching: [branching()], averaging: [averaging()] });
  expect(steps('averaging')).toBe(4 * T);
  // The last main path continues after its fork only because it is averaged.
  expect(total).toBe(5.8 * T + 0.6 * T);
});

test('equal strategies share everything, and their order changes no key', async () => {
  const both = { a: [branching()], b: [branching()], c: [continual()] };
  const one = await plan(both);
  const two = await plan({ c: [continual()], b: [branching()], a: [branching()] });
  const keys = ({ graph }: typeof one) =>
    graph
      .nodes()
      .map(({ key }) => key)
      .sort();
  expect(one.total).toBe(9.8 * T - 2 + 2 - (await sharedWarmup()));
  expect(keys(two)).toEqual(keys(one));
  expect(one.graph.segments().some(({ strategies }) => strategies.size === 3)).toBe(true);
});

/** Steps shared by the first versions of `continual` and `branching`: the warm-up. */
async function sharedWarmup() {
  const { total, steps } = await plan({ b: [branching()], c: [continual()] });
  return steps('b') + steps('c') - total;
}

test('keys of a node and its predecessors equal those of a graph built for it alone', async () => {
  const all = await plan({ scratch: [scratch()], branching: [branching(0.3)], averaging: [averaging()] });
  const alone = await plan({ averaging: [averaging()] });
  const releases = (planned: typeof all) =>
    planned.strategies.find(({ strategy }) => strategy.name === 'averaging')!.releases;
  expect(releases(all).map(({ key }) => key)).toEqual(releases(alone).map(({ key }) => key));
});

test('a hundred strategies of a million steps are planned in O(pieces)', async () => {
  const spec = toySpec(
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, [branching((index + 1) / 101)]])),
  );
  const data = toyData({ sequences: 1_000_000 });
  // Data orders are only counted here: the test measures planning, not shuffling.
  const ids = Uint32Array.from({ length: 1_000_000 }, (_, index) => index);
  const counted = {
    ...data,
    order: ({ parts }: { parts: readonly { version: number }[] }) => ({ digest: `v${parts[0]!.version}`, ids }),
  };
  const planned = await planExperiment({ spec, model, data: counted, numerics: 'toy', log: () => undefined });
  expect(planned.graph.segments().length).toBeLessThan(1000);
  const steps = planned.graph.segments().reduce((sum, segment) => sum + segment.steps, 0);
  expect(steps).toBeGreaterThan(10_000_000);
});

test('the key of a state does not depend on which other states the graph has', () => {
  const count = (first: number, length: number) => Array.from({ length }, (_, index) => first + index);
  // `half` and `other` begin like `whole`.
  const orders: Readonly<Record<string, Uint32Array>> = {
    whole: Uint32Array.from(count(0, 40)),
    half: Uint32Array.from(count(0, 20)),
    other: Uint32Array.from([...count(0, 10), ...count(100, 30)]),
  };
  const contentOf = (ids: Uint32Array) => {
    const words = CONTENT_BYTES / 4;
    return new Uint8Array(
      Uint32Array.from({ length: ids.length * words }, (_, i) => ids[Math.floor(i / words)]!).buffer,
    );
  };
  const root: Root = { kind: 'init', seed: 1, position: 0 };
  const point = (order: string, steps: number): Point => ({
    lineage: { root, ranges: [{ rate: constantPiece(1, steps), order, offset: 0 }] },
    steps,
  });
  const points = { whole: point('whole', 20), half: point('half', 10), other: point('other', 20) };
  const keysOf = (demanded: readonly (keyof typeof points)[]) => {
    const contents = new OrderContents({ ids: (order) => orders[order]!, contentOf });
    const graph = new RunGraph({ numerics: 'a', digestOf: () => '0'.repeat(64), batch: 2, contents });
    const nodes = demanded.map((name) => [name, graph.demand(points[name], name).key] as const);
    for (const [name, key] of nodes) expect(graph.keyOf(points[name])).toBe(key);
    return Object.fromEntries(nodes);
  };
  const alone = Object.assign({}, ...(['whole', 'half', 'other'] as const).map((name) => keysOf([name]))) as object;
  for (const demanded of [
    ['whole', 'half', 'other'],
    ['half', 'whole', 'other'],
    ['other', 'half', 'whole'],
  ] as const) {
    expect(keysOf(demanded)).toEqual(alone);
  }
});
