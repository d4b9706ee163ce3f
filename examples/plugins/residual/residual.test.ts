import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { constant, pathSwitching, stagesOf } from 'branchline';
import { describe, expect, it } from 'vitest';
import { residual } from './residual.js';

const main = (from: 'scratch' | 'tip') => ({ start: { from }, 'lr.schedule': constant() });
/** A version with a branch. */
const branching = (from: 'scratch' | 'tip') => ({ ...main(from), forks: ['branch'], 'release.path': 'branch' });
const branch = (steps: number) => ({ steps, 'lr.schedule': stagesOf('1-sqrt') });
/** A version without one. */
const released = (weight: number, version: number) => ({
  ...main('tip'),
  'release.path': 'main',
  'release.average': [
    { stepsBack: 0, weight: 1 },
    { state: 'path', path: 'branch', version, weight },
    { state: 'path', path: 'main', version, weight: -weight },
  ],
});

// Versions of 10, 8 and 6 steps.
createStrategyTester(residual, {
  examples: [
    {
      plan: {
        1: branching('scratch'),
        '1/branch': branch(6),
        2: released(1, 1),
        3: released(1, 1),
      },
    },
    { options: { weight: 0.5, alpha: 0.3 }, plan: { '1/branch': branch(3), 2: released(0.5, 1) } },
    { options: { every: 2 }, plan: { 2: released(1, 1), 3: branching('tip') } },
  ],
  invalid: [
    { options: { alpha: 0 }, message: 'expected number to be >0' },
    { options: { weight: -1 }, message: 'options.weight' },
    { options: { every: 0.5 }, message: 'options.every' },
  ],
}).register({ describe, it });

describe('residual', () => {
  it('costs the main path and one branch, all of which path switching trains too', async () => {
    // Four versions of 40 steps.
    const info = experiment([400, 400, 400, 400]);
    const alone = await planOf(info, { residual: [residual()] });
    expect(alone.steps).toBe(4 * 40 + 24);
    const both = await planOf(info, { residual: [residual()], switching: [pathSwitching()] });
    expect(both.steps).toBe(4 * 40 + 4 * 24);
  });
});
