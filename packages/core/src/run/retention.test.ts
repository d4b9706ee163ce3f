import { expect, test } from 'vitest';
import { averaging, branching, continual } from '../../test/plugins.js';
import { toyData, toyKernel } from '../../test/toy.js';
import type { GraphNode } from '../graph/run-graph.js';
import { targetsOf } from '../plan/experiment-plan.js';
import { NOTHING_KEPT, RetentionPolicy, retentionOf } from './retention.js';

const state = { kind: 'step', required: false, starts: false, tip: false, continuations: 1 } as const;

test('the use of a state determines how long it is kept', () => {
  expect(retentionOf({ ...state, required: true })).toBe('required');
  expect(retentionOf({ ...state, required: true, kind: 'init' })).toBe('required');
  // A fork, the end of a path, and a state from which a path starts with reset moments.
  expect(retentionOf({ ...state, continuations: 2 })).toBe('continuable');
  expect(retentionOf({ ...state, continuations: 0 })).toBe('continuable');
  expect(retentionOf({ ...state, starts: true })).toBe('continuable');
  expect(retentionOf({ ...state, tip: true })).toBe('continuable');
  expect(retentionOf({ ...state, kind: 'derived' })).toBe('continuable');
  // Inside a path, or cheap to make again.
  expect(retentionOf(state)).toBe('temporary');
  for (const kind of ['init', 'reset'] as const) {
    for (const continuations of [0, 1, 2]) expect(retentionOf({ ...state, kind, continuations })).toBe('temporary');
  }
});

/** Two versions that continue from averages: the parts of the first average are on one path. */
async function averaged() {
  const strategies = { averaged: [continual(), averaging(3, 2)] };
  const { graph, ...plan } = await toyKernel(strategies, 'nowhere', { data: toyData({ versions: 1 }) }).plan();
  const average = graph.nodes().find(({ kind }) => kind === 'derived')!;
  const [first, second, last] = average.sources.map(({ node }) => node) as [GraphNode, GraphNode, GraphNode];
  return { targets: targetsOf({ graph, ...plan }), average, first, second, last };
}

test('a part of an average is unreferenced once the average and a later state of its path are stored', async () => {
  const { targets, average, first, second, last } = await averaged();
  const stored = new Set([first.key, second.key]);
  const policy = new RetentionPolicy(stored, targets, NOTHING_KEPT);
  expect(policy.isUnreferenced(first)).toBe(false);
  stored.add(average.key);
  expect(policy.isUnreferenced(first)).toBe(true);
  // The last stored state of its path is kept: training continues from it.
  expect(policy.isUnreferenced(second)).toBe(false);
  stored.add(last.key);
  expect(policy.affectedBy(last)).toEqual([last, second]);
  expect([last, second].map((node) => policy.isUnreferenced(node))).toEqual([false, true]);
  stored.delete(second.key);
  expect(policy.affectedBy(last)).toEqual([last, first]);
});

test('states that a later operation reads or that another plan needs are kept', async () => {
  const { targets, average, first, second, last } = await averaged();
  const stored = new Set([first, second, last, average].map(({ key }) => key));
  const kept = { wanted: new Set([first.key, last.key]), needed: new Set([last.key]) };
  const policy = new RetentionPolicy(stored, targets, kept);
  policy.addReader([second]);
  for (const node of [first, second, last, average]) {
    policy.consider(node);
    expect(policy.isUnreferenced(node)).toBe(false);
  }
  // When disk space is short, a state that another plan can do without is evictable.
  expect(policy.evictable()).toEqual([first]);
  policy.removeReader([second]);
  expect(policy.isUnreferenced(second)).toBe(true);
  expect(policy.evictable()).toEqual([first, second]);
  expect([first, second].map(({ key }) => policy.mayDeleteRolling(key))).toEqual([false, true]);
});

test('forks and ends are evictable, lowest step first, and releases never', async () => {
  const plan = await toyKernel({ branching: [branching()] }, 'nowhere', { data: toyData({ versions: 3 }) }).plan();
  const nodes = plan.graph.nodes().filter(({ kind }) => kind === 'step');
  const targets = targetsOf(plan);
  const policy = new RetentionPolicy(new Set(nodes.map(({ key }) => key)), targets, NOTHING_KEPT);
  for (const node of [...nodes].reverse()) policy.consider(node);
  const evictable = policy.evictable();
  expect(new Set([...evictable, ...targets])).toEqual(new Set(nodes));
  const positions = evictable.map(({ position }) => position);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
});
