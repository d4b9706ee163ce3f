import type { ForkContext } from '@branchline/core';
import {
  type ContextData,
  checkResume,
  createStrategyTester,
  decidersOf,
  experiment,
  inTemporaryDirectory,
  ownedBy,
  runStraight,
  type SmallExperiment,
  versionContext,
} from '@branchline/testing';
import { continual, replay } from 'branchline';
import { describe, expect, it } from 'vitest';
import { lfr } from './lfr.js';

/** 40 steps of 10 sequences in each version. */
const info = experiment([400, 400]);
const askVersion = (options: unknown, of = info) => decidersOf(lfr, options).onVersion(versionContext(of, 2));

/** The plugin's decision about a fork if the sequences 100, 101, ... have these losses. */
function askFork(options: unknown, fork: string, losses: readonly number[]) {
  const measured = {
    sequences: Uint32Array.from(losses, (_, place) => 100 + place),
    loss: Float64Array.from(losses),
  };
  const spec = { steps: 20, data: { use: 'mixture', replay: 0.25 } };
  const context = { ...versionContext(info, 2), fork, spec } as unknown as ContextData<ForkContext>;
  return decidersOf(lfr, options, { losses: () => measured }).onFork(context);
}

/** Runs an experiment and returns the decided forks of one version. */
async function forksOf(version: number, check: SmallExperiment) {
  return inTemporaryDirectory(async (directory) => {
    const { results, plan } = await runStraight(check, directory);
    const [strategy] = plan.strategies;
    return { results, forks: strategy!.decisions[version - 1]!.forks.map(({ name, spec }) => ({ name, ...spec })) };
  });
}

const strategy = (options: Parameters<typeof lfr>[0] = {}) => [continual({ schedule: 'constant' }), lfr(options)];

/** The schedule of the last review. */
const DECAY = [{ share: 1, curve: '1-sqrt', to: 'min' }];

// Versions of 10, 8 and 6 steps. Without other plugins, every version starts from the end of the main path.
createStrategyTester(lfr, {
  examples: [
    {
      plan: {
        1: { steps: 5, forks: ['focus', 'review'], 'release.path': 'review' },
        '1/review': { from: 'focus', steps: 2, data: { use: 'all' }, 'lr.schedule': DECAY, at: ownedBy('kernel', 3) },
        3: { steps: 3, forks: ['focus', 'review'], 'release.path': 'review' },
      },
    },
    {
      options: { learn: 0.3, focus: 0.4, hardest: 0.5, cycles: 2 },
      plan: {
        1: { steps: 3, forks: ['focus', 'review', 'focus 2', 'review 2'], 'release.path': 'review 2' },
        '1/review': { from: 'focus', steps: 1, data: { use: 'all' } },
        '1/review 2': { from: 'focus 2', steps: 2, data: { use: 'all' }, 'lr.schedule': DECAY },
      },
    },
    {
      options: { review: 'version' },
      plan: { '2/review': { from: 'focus', steps: 2, data: { use: 'new' }, 'lr.schedule': DECAY } },
    },
  ],
  invalid: [
    { options: { learn: 0.75 }, message: 'focus is 0.25 and learn 0.75: their sum must be below 1' },
    { options: { learn: 1 }, message: 'expected number to be <1' },
    { options: { hardest: 0 }, message: 'expected number to be >0' },
    { options: { cycles: 1.5 }, message: 'expected int' },
    { options: { review: 'some' }, message: 'expected one of "all"|"version"' },
    { options: { cycle: 2 }, message: 'Did you mean "cycles"' },
  ],
}).register({ describe, it });

describe('lfr', () => {
  it('splits the steps exactly for any shares', () => {
    for (const learn of [0.1, 0.333, 0.5, 0.7]) {
      for (const cycles of [1, 2, 3]) {
        const { steps, forks } = askVersion({ learn, focus: 0.2, cycles }) as { steps: number; forks: string[] };
        const branches = forks.map((fork) => askFork({ learn, focus: 0.2, cycles }, fork, [1, 2])!.steps!);
        expect(branches.reduce((sum, part) => sum + part, steps)).toBe(40);
      }
    }
  });

  it('focuses on the highest losses, on the first of equal ones, and on at least a batch', () => {
    const losses = Array.from({ length: 40 }, (_, place) => [3, 1, 2, 1][place % 4]!);
    const chosen = (hardest: number) => askFork({ hardest }, 'focus', losses)!.data as { sequences: readonly number[] };
    const rows = (first: number, count: number) => Array.from({ length: count }, (_, row) => first + 4 * row);
    expect(chosen(0.25).sequences).toEqual(rows(100, 10));
    expect(chosen(0.01).sequences).toEqual(rows(100, 10));
    expect(chosen(0.5).sequences).toEqual([...rows(100, 10), ...rows(102, 10)]);
    expect(chosen(0.75).sequences.slice(20)).toEqual([101, 103, 105, 107, 109, 111, 113, 115, 117, 119]);
  });

  it('by default focuses on one pass of sequences', () => {
    const data = askFork({}, 'focus', new Array<number>(400).fill(1))!.data as { sequences: readonly number[] };
    expect(data.sequences).toHaveLength(100);
  });

  it('refuses more phases than there are steps', () => {
    const message = 'an increment of 4 steps is too short for 5 phases with these shares';
    expect(() => askVersion({ cycles: 2 }, experiment([40, 40]))).toThrow(message);
  });

  it('starts each phase at the end of the previous one, and decays only in the last', async () => {
    const { forks, results } = await forksOf(2, { strategies: { lfr: strategy({ cycles: 2, hardest: 0.25 }) } });
    expect(forks.map(({ name, from, at, steps }) => [name, from, at, steps])).toEqual([
      ['focus', 'main', 5, 1],
      ['review', 'focus', 1, 2],
      ['focus 2', 'review', 2, 1],
      ['review 2', 'focus 2', 1, 1],
    ]);
    expect(forks.map(({ lr }) => lr.schedule[0]!.to)).toEqual([1, 1, 1, 'min']);
    // The second focus has other sequences.
    expect(forks[0]!.data).toMatchObject({ use: 'chosen', sequences: { length: 10 } });
    expect(forks[2]!.data).not.toEqual(forks[0]!.data);
    expect(results.strategies[0]!.cost.standalone.steps).toBe(40);
  });

  it('also focuses on replayed sequences', async () => {
    const { forks } = await forksOf(4, { strategies: { lfr: [...strategy({ hardest: 1 }), replay({ ratio: 0.5 })] } });
    const { sequences } = forks[0]!.data as { sequences: readonly number[] };
    // Each version has 40 sequences; half of the focus is from versions 1 to 3.
    expect(sequences.filter((id) => id < 120)).toHaveLength(20);
  });

  // The kernel trains the steps after a release twice here, because it does not store the release before it continues
  // from it.
  it('resumes exactly if a version starts from the previous release', async () => {
    await checkResume({ strategies: { lfr: strategy() }, cuts: [{ by: 'stop', after: 13 }] });
  });
});
