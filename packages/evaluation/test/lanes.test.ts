import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BranchlineError, Ledger, RandomStream } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  model,
  scratch,
  stableDecay,
  ToyTrainer,
  temporaryDirectory,
} from '@branchline/core/fixtures';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { damage, digests, names, type RunOptions, run } from './run.js';

const strategies = () => ({
  scratch: [scratch()],
  continual: [continual()],
  branching: [branching()],
  averaging: [averaging()],
  both: [branching(), averaging(3, 1)],
  'stable decay': [stableDecay()],
});

/** Steps of lanes in an order that depends on the seed. */
function uneven(seed: number): () => Promise<void> {
  const stream = new RandomStream(seed, 'lanes');
  return async () => {
    for (let turns = Math.floor(4 * stream.uniform()); turns > 0; turns--) await setImmediate();
  };
}

const on = (
  lanes: number,
  options: RunOptions & { readonly seed?: number; beforeStep?: (made: number) => void } = {},
) => {
  const { seed = 1, beforeStep, ...rest } = options;
  return run(strategies(), { lanes, trainer: new ToyTrainer({ during: uneven(seed), beforeStep }), ...rest });
};

const alone = on(1);

/** What may not depend on lanes: times, and the order of lines, may. */
const amounts = async (directory: string) =>
  (await Ledger.read(join(directory, 'ledger.jsonl')))
    .map(({ id, kind, from, to, steps, tokens, flops, requestedBy }) => [
      id,
      kind,
      from,
      to,
      steps,
      tokens,
      flops,
      ...requestedBy,
    ])
    .sort();

const costs = (results: Awaited<typeof alone>['results']) =>
  results.strategies.map(({ name, cost }) => [
    name,
    cost.standalone.tokens,
    cost.attributed.tokens,
    cost.attributed.flops,
  ]);

describe('a run on several lanes', () => {
  it.each([2, 4])('%i: has the releases, keys, bills and ledger sums of one lane', async (lanes) => {
    const one = await alone;
    const two = await on(lanes, { seed: lanes });
    expect(digests(two.results)).toEqual(digests(one.results));
    expect(two.results.graph).toEqual(one.results.graph);
    expect(costs(two.results)).toEqual(costs(one.results));
    expect(await amounts(two.directory)).toEqual(await amounts(one.directory));
    expect(two.trainer.made).toBe(one.trainer.made);
    expect(two.trainer.alive).toBe(0);
    expect(two.warnings).toEqual([]);
  });

  it('trains at the same time what does not depend on each other', async () => {
    let training = 0;
    let most = 0;
    const during = async () => {
      most = Math.max(most, ++training);
      await setImmediate();
      training--;
    };
    await run(strategies(), { lanes: 3, trainer: new ToyTrainer({ during }) });
    expect(most).toBe(3);
    most = 0;
    await run({ continual: [continual()] }, { lanes: 3, trainer: new ToyTrainer({ during }) });
    expect(most).toBe(1);
  });

  it('stopped at any step, with any numbers of lanes, ends in the same bits and the ledger adds up', async () => {
    const { results, directory: undisturbed } = await alone;
    const stop = fc.record({
      at: fc.integer({ min: 1, max: 60 }),
      lanes: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(99),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(stop, { minLength: 1, maxLength: 4 }), async (stops) => {
        const directory = await temporaryDirectory();
        let made = 0;
        for (const { at, lanes, seed } of stops) {
          const controller = new AbortController();
          const beforeStep = (count: number) => count + 1 >= at && controller.abort();
          const trainer = new ToyTrainer({ during: uneven(seed), beforeStep });
          const error: unknown = await run(strategies(), {
            directory,
            trainer,
            lanes,
            signal: controller.signal,
          }).catch((cause: unknown) => cause);
          made += trainer.made;
          expect(trainer.alive).toBe(0);
          if (error instanceof BranchlineError) expect(error.code).toBe('interrupted');
        }
        const last = await on(2, { directory });
        expect(digests(last.results)).toEqual(digests(results));
        expect(made + last.trainer.made).toBe(results.actual.steps);
        expect(costs(last.results)).toEqual(costs(results));
        const sum = (lines: Awaited<ReturnType<typeof amounts>>) =>
          lines.reduce((all, line) => all + Number(line[4]), 0);
        expect(sum(await amounts(directory))).toBe(sum(await amounts(undisturbed)));
      }),
      { seed: 3, numRuns: inject('full') ? 40 : 6 },
    );
  });

  it('that crashes in any lane loses only the steps since the last checkpoints', async () => {
    const { results } = await alone;
    const crash = fc.record({ at: fc.integer({ min: 1, max: 150 }), seed: fc.nat(99) });
    await fc.assert(
      fc.asyncProperty(crash, async ({ at, seed }) => {
        const directory = await temporaryDirectory();
        let crashed = false;
        const beforeStep = (made: number) => {
          // Everything ends at once: no lane makes another step, and nothing more is stored.
          if (made >= at || crashed) {
            crashed = true;
            throw new BranchlineError('store', { message: 'the machine went away' });
          }
        };
        const trainer = new ToyTrainer({ during: uneven(seed), beforeStep });
        await expect(run(strategies(), { directory, trainer, lanes: 2 })).rejects.toThrow('went away');
        const last = await on(2, { directory });
        expect(digests(last.results)).toEqual(digests(results));
        expect(last.results.actual.steps).toBe(results.actual.steps);
        // At most three steps since the last checkpoint, on each lane.
        expect(trainer.made + last.trainer.made - results.actual.steps).toBeLessThanOrEqual(6);
      }),
      { seed: 4, numRuns: inject('full') ? 40 : 6 },
    );
  });

  it('loses a strategy whose training fails, and no other', async () => {
    let thrown = false;
    const nan = (made: number) => {
      if (made < 60 || thrown) return;
      thrown = true;
      throw new RangeError('loss is NaN');
    };
    const { results, failures, warnings } = await on(3, { beforeStep: nan });
    const lost = new Set(failures.flatMap(({ strategies: of }) => of));
    expect(failures.length).toBeGreaterThan(0);
    expect(names(results)).toEqual(Object.keys(strategies()).filter((name) => !lost.has(name)));
    const { results: whole } = await alone;
    expect(digests(results)).toEqual(digests(whole).filter((_, index) => !lost.has(names(whole)[index]!)));
    expect(warnings.filter((warning) => warning.includes('loss is NaN'))).toHaveLength(1);
  });

  it('holds a budget to the step, and one that suffices exactly is enough', async () => {
    const { results } = await alone;
    const { tokens } = results.actual;
    for (const lanes of [1, 2, 4]) {
      const directory = await temporaryDirectory();
      const budget = { tokens: Math.floor(tokens / 2) };
      const short = on(lanes, { directory, startAnyway: true, change: { budget } });
      await expect(short).rejects.toMatchObject({ code: 'budget' });
      const spent = (await Ledger.read(join(directory, 'ledger.jsonl'))).reduce(
        (sum, entry) => sum + (entry.kind === 'train' ? entry.tokens : 0),
        0,
      );
      expect(spent).toBeLessThanOrEqual(budget.tokens);
      expect(spent).toBeGreaterThan(budget.tokens - 2 * lanes * 40);
      const enough = await on(lanes, { directory, change: { budget: { tokens } } });
      expect(digests(enough.results)).toEqual(digests(results));
    }
  });

  it('holds a disk limit', async () => {
    const { results } = await alone;
    const directory = await temporaryDirectory();
    const refused: unknown = await on(2, { directory, change: { diskLimit: 1 } }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'config', problems: [{ configPath: 'disk' }] });
    const least = Number(/at least (\d+)/.exec((refused as Error).message)![1]);
    expect(least).toBeGreaterThan(12 * model.parameters);
    const limited = await on(3, { directory, change: { diskLimit: 20_000 } });
    expect(digests(limited.results)).toEqual(digests(results));
  });

  it('recomputes a damaged checkpoint once, although several lanes read it', async () => {
    const directory = await temporaryDirectory();
    const first = await run({ branching: [branching()] }, { directory });
    const fork = first.plan.graph.nodes().find((node) => node.outgoing.length > 1)!;
    await damage(directory, fork.key);
    const more = { branching: [branching()], early: [branching(0.5)], averaging: [branching(), averaging(2, 1)] };
    const again = await run(more, { directory, lanes: 3, trainer: new ToyTrainer({ during: uneven(5) }) });
    const clean = await run(more);
    expect(digests(again.results)).toEqual(digests(clean.results));
    expect(again.warnings.filter((warning) => warning.includes('is damaged')).length).toBeLessThanOrEqual(1);
  });
});
