/** What plugins decide reaches the weights; what they observe does not. */
import { definePlugin } from '@branchline/core';
import { branching, continual, hooks, scratch, stepwise } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { digests, run } from './run.js';

test('observers see everything and change nothing, even when they throw', async () => {
  const seen: string[] = [];
  const watching = hooks('watching', {
    afterStep: ({ position }) => void seen.push(`step ${position}`),
    afterSegment: ({ steps, reused }) => void seen.push(`segment ${steps} ${reused}`),
    afterRelease: ({ version: index }) => {
      seen.push(`release ${index}`);
      throw new Error('observer down');
    },
    afterVersion: ({ version: index }) => void seen.push(`version ${index}`),
  });
  const strategies = { watched: [continual(), watching], other: [scratch()] };
  const { results, warnings } = await run(strategies);
  expect(seen.filter((line) => line.startsWith('step'))).toHaveLength(40);
  expect(seen.filter((line) => line.startsWith('release'))).toHaveLength(4);
  expect(seen.filter((line) => line.startsWith('version'))).toHaveLength(4);
  expect(warnings.filter((line) => line.includes('observer down'))).toHaveLength(1);
  const plain = await run({ watched: [continual()] });
  expect(digests(results)[0]).toEqual(digests(plain.results)[0]);
});

test('every part of a carry policy changes the release independently', async () => {
  const drawing = hooks('drawing', {});
  const stateful = (seen: number[]) => {
    return definePlugin({
      name: 'stateful',
      initialState: 0,
      onStep: ({ state, random }) => {
        const count = state.get() as number;
        state.set(count + 1);
        seen.push(count);
        return { lr: { factor: 1 + count / 1000 + random('jitter').uniform() / 100 } };
      },
    })();
  };
  const release = async (carry: object) => {
    const fork = hooks('fork', { onFork: () => ({ carry }) });
    const { results } = await run({ s: [branching(), fork, stateful([]), drawing] });
    return results.strategies[0]!.releases[1]!.weightsDigest;
  };
  const parts = ['weights', 'optimizer', 'schedule', 'data', 'random', 'plugins'];
  const found = [await release({})];
  for (const part of parts) found.push(await release({ [part]: false }));
  expect(new Set(found).size).toBe(parts.length + 1);
  expect(await release({ weights: true })).toBe(found[0]);
});

test('onStep sets factors, weights, captures and stops, and equal steps are still merged', async () => {
  const strategies = {
    plain: [continual()],
    same: [continual(), stepwise('idle', () => ({}))],
    captured: [continual(), stepwise('keeper', (step) => ({ capture: step === 4 }))],
    slower: [continual(), stepwise('slower', (step) => (step >= 5 ? { lr: { factor: 0.5 } } : undefined))],
    shorter: [continual(), stepwise('stopper', (step) => ({ stop: step === 6 }))],
    weighted: [continual(), stepwise('weigher', () => ({ weights: [1, 2, 1, 2] }))],
  };
  const { results, plan } = await run(strategies);
  const [plain, same, captured, slower, shorter, weighted] = digests(results);
  expect(same).toEqual(plain);
  expect(captured).toEqual(plain);
  expect(plan.strategies[2]!.captures).toHaveLength(4);
  expect(slower![0]).not.toBe(plain![0]);
  expect(weighted![0]).not.toBe(plain![0]);
  expect(shorter![0]).not.toBe(plain![0]);
  expect(results.strategies[4]!.cost.standalone.steps).toBe(28);
  const spent = plan.graph.roots[0]!.outgoing.reduce((sum, { steps }) => sum + steps, 0);
  expect(spent).toBeLessThan(20);
});
