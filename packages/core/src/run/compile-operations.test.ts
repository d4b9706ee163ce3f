import fc from 'fast-check';
import { expect, test } from 'vitest';
import { strategies } from '../../test/arbitrary-strategies.js';
import { branching, continual } from '../../test/plugins.js';
import { model, toyData, toyKernel } from '../../test/toy.js';
import { type Operation, operationAsData, stepsBySegment, stepsOf } from '../graph/operations.js';
import { type GraphNode, type RunGraph, rootOf, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, releasesOf, targetsOf } from '../plan/experiment-plan.js';
import { bytesOf } from '../store/manifest.js';
import { type CompileInput, compileOperations, type StoredCheckpoint } from './compile-operations.js';
import { diskUse, forecastDisk } from './disk-forecast.js';
import { retentionOf, useOf } from './retention.js';

type Store = ReadonlyMap<Digest, StoredCheckpoint>;

const planOf = (choice: Parameters<typeof toyKernel>[0]) =>
  toyKernel(choice, 'nowhere', { data: toyData({ versions: 3 }) }).plan();

const every =
  (steps: number): CompileInput['nextCheckpoint'] =>
  (segment, done) =>
    Math.min(segment.steps, done + steps);

interface Choice {
  readonly every: number;
  readonly diskLimit?: number;
  readonly failed?: ReadonlySet<Digest>;
}

function compile(plan: ExperimentPlan, store: Store, choice: Choice): readonly Operation[] {
  return compileOperations({
    graph: plan.graph,
    targets: targetsOf(plan),
    releases: releasesOf(plan),
    stored: [...store.values()],
    nextCheckpoint: every(choice.every),
    parameters: model.parameters,
    diskLimit: choice.diskLimit,
    failed: choice.failed,
    evaluated: new Set([...store.keys()]),
  });
}

/**
 * Carries out a list. Fails when an operation reads a state that is neither stored nor in memory, or saves a state that
 * was not made.
 */
function carryOut(operations: readonly Operation[], before: Store): Store {
  const store = new Map(before);
  let inMemory: Digest | undefined;
  let train: { readonly segment: Segment; readonly to: number } | undefined;
  for (const operation of operations) {
    const { key, reads } = operation;
    for (const read of reads) if (read !== inMemory) expect(store.has(read), `${operation.kind} reads it`).toBe(true);
    if (operation.kind === 'make' || operation.kind === 'train') inMemory = key;
    if (operation.kind === 'train') train = operation;
    if (operation.kind === 'save') {
      const { node, rolling, bytes } = operation;
      expect(key).toBe(inMemory);
      const root = rootOf(node);
      const steps = rolling ? train!.segment.from.position + train!.to - root.position : node.position - root.position;
      const files = { weights: { bytes, sha256: '' } };
      store.set(key, { key, root: root.key, steps, kind: node.kind, files, ...(rolling && { rolling }) });
    }
    if (operation.kind === 'delete') expect(store.delete(key), 'it was there').toBe(true);
  }
  return store;
}

/** Nodes that are kept after a plan was carried out from an empty store. */
function keptNodes(graph: RunGraph, targets: ReadonlySet<GraphNode>): readonly Digest[] {
  const stays = (node: GraphNode) => retentionOf(useOf(node, targets.has(node))) !== 'temporary';
  return graph.nodes().flatMap((node) => (stays(node) ? [node.key] : []));
}

const sizeOf = (store: Store) => [...store.values()].reduce((sum, manifest) => sum + bytesOf(manifest), 0);

const interval = fc.constantFrom(1, 2, 4, 7, 50);
const property = (holds: (plan: ExperimentPlan, interval: number, cut: number) => void) =>
  fc.assert(
    fc.asyncProperty(strategies, interval, fc.double({ min: 0, max: 1, noNaN: true }), async (choice, steps, cut) =>
      holds(await planOf(choice), steps, cut),
    ),
    { seed: 1, numRuns: 150 },
  );

test('for any graph, a list reads only existing states, trains every segment once and leaves the kept states', async () => {
  await property((plan, steps) => {
    const operations = compile(plan, new Map(), { every: steps });
    const store = carryOut(operations, new Map());
    expect([...store.keys()].sort()).toEqual([...keptNodes(plan.graph, new Set(targetsOf(plan)))].sort());
    const segments = plan.graph.segments();
    expect(new Map(stepsBySegment(operations))).toEqual(new Map(segments.map((segment) => [segment, segment.steps])));
    expect(compile(plan, store, { every: steps })).toEqual([]);
    const released = operations.flatMap(({ kind, key }) => (kind === 'release' ? [key] : []));
    expect(released.sort()).toEqual([...releasesOf(plan)].map(({ key }) => key).sort());
  });
});

test('after a cut at any operation, compiling gives the rest of the list, and the final store is the same', async () => {
  await property((plan, steps, cut) => {
    const operations = compile(plan, new Map(), { every: steps });
    const done = operations.slice(0, Math.floor(cut * operations.length));
    const lost = done.at(-1)?.kind === 'train' ? stepsOf(done.slice(-1)) : 0;
    const stopped = carryOut(done, new Map());
    const rest = compile(plan, stopped, { every: steps });
    expect(stepsOf(done) + stepsOf(rest)).toBe(stepsOf(operations) + lost);
    const end = carryOut(rest, stopped);
    expect([...end.keys()].sort()).toEqual([...carryOut(operations, new Map()).keys()].sort());
  });
});

test('a disk limit is never exceeded, even when a run is cut, and no step is trained twice because of it', async () => {
  await property((plan, steps, cut) => {
    const { graph } = plan;
    const { least, peak } = forecastDisk({ graph, targets: targetsOf(plan), parameters: model.parameters });
    const diskLimit = Math.round(least + cut * (peak - least));
    const operations = compile(plan, new Map(), { every: steps, diskLimit });
    expect(diskUse({ bytes: 0, checkpoints: 0 }, operations).peak).toBeLessThanOrEqual(diskLimit);
    expect(stepsOf(operations)).toBe(graph.segments().reduce((sum, segment) => sum + segment.steps, 0));

    const done = operations.slice(0, Math.floor(cut * operations.length));
    const stopped = carryOut(done, new Map());
    const rest = compile(plan, stopped, { every: steps, diskLimit });
    const before = { bytes: sizeOf(stopped), checkpoints: stopped.size };
    expect(diskUse(before, rest).peak).toBeLessThanOrEqual(diskLimit);
    const end = carryOut(rest, stopped);
    for (const { key } of targetsOf(plan)) expect(end.has(key)).toBe(true);
  });
});

test('failed states are left out with everything that needs them, and their sources are kept', async () => {
  await property((plan, steps, cut) => {
    const nodes = plan.graph.nodes();
    const failed = new Set([nodes[Math.floor(cut * (nodes.length - 1))]!.key]);
    for (const diskLimit of [undefined, 0]) {
      const operations = compile(plan, new Map(), { every: steps, failed, diskLimit });
      const made = operations.filter(({ kind, key }) => (kind === 'make' || kind === 'train') && failed.has(key));
      expect(made).toEqual([]);
      const store = carryOut(operations, new Map());
      // With a limit that nothing fits, the states read last can be deleted too.
      const rest = compile(plan, store, { every: steps, failed, diskLimit });
      expect(rest.filter((operation) => operation.kind !== 'delete' || operation.why !== 'evicted')).toEqual([]);
      const later = compile(plan, store, { every: steps, diskLimit });
      carryOut(later, store);
      const all = plan.graph.segments().reduce((sum, segment) => sum + segment.steps, 0);
      expect(stepsOf(operations) + stepsOf(later)).toBe(all);
    }
  });
});

test('a list can be converted to plain data', async () => {
  const plan = await planOf({ branching: [branching()], continual: [continual()] });
  const data = compile(plan, new Map(), { every: 4 }).map(operationAsData);
  expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  expect(data.slice(0, 4).map(({ kind }) => kind)).toEqual(['make', 'train', 'save', 'train']);
  expect(data[1]).toMatchObject({ strategies: ['branching', 'continual'], steps: [0, 2], reads: [data[0]!.key] });
});
