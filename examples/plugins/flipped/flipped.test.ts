import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { continual, fromScratch, replay } from 'branchline';
import { describe, expect, it } from 'vitest';
import { flipped } from './flipped.js';

const mixture = (from: number, to: number) => ({ data: { use: 'mixture', replay: from, to } });

// Versions of 10, 8 and 6 steps. Version 1 has nothing to replay.
createStrategyTester(flipped, {
  with: [continual()],
  examples: [
    { plan: { 1: {}, 2: mixture(0, 0.5), 3: mixture(0, 0.5) } },
    { options: { from: 0.5, to: 0 }, plan: { 2: mixture(0.5, 0) } },
  ],
  invalid: [
    { options: { to: 1 }, message: 'expected number to be <1' },
    { options: { from: -0.1 }, message: 'expected number to be >=0' },
    { options: { form: 0.1 }, message: 'Did you mean "from"' },
  ],
}).register({ describe, it });

describe('flipped', () => {
  /** Two versions of 40 steps of 10 sequences. */
  const info = experiment([400, 400]);
  const rising = [continual(), flipped()];
  const falling = [continual(), flipped({ from: 0.5, to: 0 })];

  it('costs as much as continual training', async () => {
    const { steps } = await planOf(info, { plain: [continual()] });
    for (const strategy of [rising, falling]) expect((await planOf(info, { mine: strategy })).steps).toBe(steps);
  });

  it('is replay at a constant share', async () => {
    const constant = [continual(), flipped({ from: 0.25, to: 0.25 })];
    const { releases } = await planOf(info, { replay: [continual(), replay({ ratio: 0.25 })], constant });
    expect(releases('constant')).toEqual(releases('replay'));
  });

  it('trains on a quarter of old text in both directions, early or late', async () => {
    const { of, orders } = await planOf(info, { rising, falling });
    // Sequences of version 1 in each tenth of version 2: 4 steps.
    const counts = (name: string) => {
      const { lineage } = of(name).versions[1]!.main;
      const ids = orders.get(lineage.ranges.at(-1)!.order)!;
      return Array.from({ length: 10 }, (_, tenth) =>
        ids.slice(40 * tenth, 40 * (tenth + 1)).reduce((sum, id) => sum + (id < 400 ? 1 : 0), 0),
      );
    };
    expect(counts('rising')).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    expect(counts('falling')).toEqual([19, 17, 15, 13, 11, 9, 7, 5, 3, 1]);
  });

  it('is refused with data in order of arrival, which keeps versions apart', async () => {
    const strategies = {
      mine: {
        plugins: [fromScratch({ order: 'arrival' })],
        overrides: { data: { use: 'mixture', replay: 0, to: 0.5 } },
      },
    };
    await expect(planOf(info, strategies)).rejects.toThrow("Leave out data.to, or set order.scope to 'together'.");
  });
});
