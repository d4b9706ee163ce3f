import { describe, expect, it } from 'vitest';
import { branching, continual, scratch } from '../../test/plugins.js';
import { model, toyKernel, toySpec } from '../../test/toy.js';
import { stepsOf } from '../graph/operations.js';
import { releasesOf, targetsOf } from '../plan/experiment-plan.js';
import { compileOperations } from './compile-operations.js';
import { lanesFor, makespan } from './makespan.js';

async function listOf(strategies: Parameters<typeof toyKernel>[0], seeds = [1]) {
  const { graph, ...plan } = await toyKernel(strategies, 'nowhere', { spec: toySpec(strategies, { seeds }) }).plan();
  const nextCheckpoint = ({ steps }: { readonly steps: number }) => steps;
  const targets = targetsOf({ graph, ...plan });
  const releases = releasesOf({ graph, ...plan });
  return compileOperations({ graph, targets, releases, nextCheckpoint, parameters: model.parameters });
}

describe('the steps of the lane with most', () => {
  it('are all steps with one lane, and for a chain', async () => {
    const one = await listOf({ branching: [branching()], scratch: [scratch()] });
    expect(makespan(one, 1)).toBe(stepsOf(one));
    const chain = await listOf({ continual: [continual()] });
    expect(makespan(chain, 4)).toBe(stepsOf(chain));
  });

  it('are half of them for two seeds on two lanes', async () => {
    const list = await listOf({ continual: [continual()] }, [1, 2]);
    expect(makespan(list, 2)).toBe(stepsOf(list) / 2);
    expect(makespan(list, 3)).toBe(stepsOf(list) / 2);
  });

  it('are those of the longest training from scratch where all others fit in next to it', async () => {
    // 10, 20, 30 and 40 steps.
    const list = await listOf({ scratch: [scratch()] });
    expect(makespan(list, 4)).toBe(40);
    expect(makespan(list, 2)).toBe(60);
  });
});

describe('the number of lanes', () => {
  it('is what keeps them busy', async () => {
    const seeds = [1, 2, 3, 4];
    const list = await listOf({ continual: [continual()] }, seeds);
    expect([1, 2, 3, 4, 8].map((most) => lanesFor(list, most))).toEqual([1, 2, 2, 4, 4]);
    expect(lanesFor(await listOf({ continual: [continual()] }), 8)).toBe(1);
    expect(lanesFor([], 8)).toBe(1);
  });
});
