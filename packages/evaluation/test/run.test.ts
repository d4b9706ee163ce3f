import { BranchlineError } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  scratch,
  stableDecay,
  ToyTrainer,
  temporaryDirectory,
} from '@branchline/core/fixtures';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { digests, names, run } from './run.js';

const all = () => ({
  scratch: [scratch()],
  continual: [continual()],
  branching: [branching()],
  averaging: [averaging()],
  both: [branching(), averaging(3, 1)],
  'from averages': [continual(), averaging(2, 3)],
});

const undisturbed = run(all());

test('every segment is trained once, no state is left behind, and costs come from the ledger', async () => {
  const { results, trainer } = await undisturbed;
  expect(trainer.alive).toBe(0);
  const steps = results.graph.edges.reduce((sum, edge) => sum + edge.steps, 0);
  expect(trainer.made).toBe(steps);
  expect(results.actual.steps).toBe(steps);
  expect(results.graph.tokensTrained).toBe(steps * 40);
  const cost = (name: string) => results.strategies.find((strategy) => strategy.name === name)!.cost;
  expect(cost('scratch').ratioToBaseline).toBe(1);
  expect(cost('continual').ratioToBaseline).toBe(0.4);
  expect(cost('branching').ratioToBaseline).toBeCloseTo(0.58, 12);
  expect(cost('averaging').ratioToBaseline).toBe(0.4);
  // 58 steps of 40 tokens, and a forward pass over 40 held-out tokens for each of four releases.
  expect(cost('branching').standalone.flops).toBe(58 * 40 * 12_345 + (4 * 40 * 12_345) / 3);
  const attributed = (amount: 'tokens' | 'flops' | 'steps') =>
    results.strategies.reduce((sum, strategy) => sum + strategy.cost.attributed[amount], 0);
  expect(attributed('tokens')).toBe(results.graph.tokensTrained);
  expect([attributed('steps'), attributed('flops')]).toEqual([results.actual.steps, results.actual.flops]);
  expect(results.graph.tokensStandalone).toBeGreaterThan(results.graph.tokensTrained);
});

test('the standalone cost of a strategy is what it trains when it runs alone', async () => {
  const { results } = await undisturbed;
  for (const [name, plugins] of Object.entries(all())) {
    const alone = await run({ [name]: plugins });
    const { cost, releases } = results.strategies.find((strategy) => strategy.name === name)!;
    expect(alone.results.actual.tokens).toBe(cost.standalone.tokens);
    expect(alone.results.strategies[0]!.releases.map(({ weightsDigest }) => weightsDigest)).toEqual(
      releases.map(({ weightsDigest }) => weightsDigest),
    );
    expect(releases.at(-1)!.cumulative.tokens).toBe(cost.standalone.tokens);
  }
});

test('a second run trains nothing and has the same results', async () => {
  const directory = await temporaryDirectory();
  const first = await run(all(), { directory });
  const second = await run(all(), { directory });
  expect(second.trainer.made).toBe(0);
  const { experiment: _, ...a } = first.results;
  const { experiment: __, ...b } = second.results;
  expect(b).toEqual(a);
});

test('an additional strategy costs only what is new, even when it splits existing segments', async () => {
  const directory = await temporaryDirectory();
  await run({ averaging: [averaging()] }, { directory });
  const more = await run({ averaging: [averaging()], branching: [branching(0.5)] }, { directory });
  const alone = await run({ branching: [branching(0.5)] });
  expect(digests(more.results)[1]).toEqual(digests(alone.results)[0]);
  // Nothing is stored at the forks, so the training up to each is repeated and booked again.
  expect(more.results.strategies[1]!.cost.standalone.tokens).toBe(alone.results.actual.tokens);
  expect(more.results.actual.steps).toBe(40 + more.trainer.made);
});

test('stopped at any step, any number of times, a run ends in the same bits and the ledger adds up', async () => {
  const { results } = await undisturbed;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }), async (stops) => {
      const directory = await temporaryDirectory();
      let made = 0;
      for (const stop of stops) {
        const controller = new AbortController();
        const trainer = new ToyTrainer({ beforeStep: (count) => count + 1 === stop && controller.abort() });
        const stopped = await run(all(), { directory, trainer, signal: controller.signal }).catch(
          (error: unknown) => error,
        );
        made += trainer.made;
        expect(trainer.alive).toBe(0);
        if (stopped instanceof BranchlineError) expect(stopped.code).toBe('interrupted');
      }
      const last = await run(all(), { directory });
      expect(names(last.results)).toEqual(names(results));
      expect(digests(last.results)).toEqual(digests(results));
      expect(made + last.trainer.made).toBe(results.actual.steps);
      expect(last.results.actual.steps).toBe(results.actual.steps);
      expect(last.results.strategies.map(({ cost }) => cost.standalone.tokens)).toEqual(
        results.strategies.map(({ cost }) => cost.standalone.tokens),
      );
    }),
    { numRuns: inject('full') ? 12 : 4 },
  );
});

test('killed between two checkpoints, a run loses only the steps since the last one', async () => {
  const { results } = await undisturbed;
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 50) throw new BranchlineError('store', { message: 'the machine went away' });
    },
  });
  await expect(run(all(), { directory, trainer })).rejects.toThrow('went away');
  const last = await run(all(), { directory });
  expect(names(last.results)).toEqual(names(results));
  expect(digests(last.results)).toEqual(digests(results));
  expect(last.results.actual.steps).toBe(results.actual.steps);
  expect(trainer.made + last.trainer.made - results.actual.steps).toBeLessThan(3);
});

test('a second writer waits and is then refused', async () => {
  const directory = await temporaryDirectory();
  let inside: Promise<unknown> | undefined;
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 1) inside = run({ continual: [continual()] }, { directory }).catch((error: unknown) => error);
    },
  });
  const results = await run({ continual: [continual()] }, { directory, trainer });
  // The first run finished before the second stopped waiting, so the second finds everything trained.
  const second = (await inside) as typeof results;
  expect(second.trainer.made).toBe(0);
  expect(digests(second.results)).toEqual(digests(results.results));
});

test('from scratch with stable-decay in order of arrival releases the bits of branching', async () => {
  const a = await run({ branching: [branching()] });
  const b = await run({ scratch: [stableDecay()] });
  expect(digests(b.results)[0]).toEqual(digests(a.results)[0]);
});

test('a segment that cannot be trained stops the strategies that need it; the others continue', async () => {
  const { results, failures } = await run(all(), {
    trainer: new ToyTrainer({
      beforeStep: (made) => {
        if (made === 60) throw new RangeError('loss is NaN');
      },
    }),
  });
  expect(failures.length).toBeGreaterThan(0);
  const lost = new Set(failures.flatMap(({ strategies }) => strategies));
  expect(names(results)).toEqual(Object.keys(all()).filter((name) => !lost.has(name)));
  expect(failures[0]!.error.message).toContain('loss is NaN');
  // Sharing is that of the strategies in the results.
  const left = Object.fromEntries(Object.entries(all()).filter(([name]) => !lost.has(name)));
  const alone = await run(left);
  const { tokensTrained, tokensStandalone } = results.graph;
  expect(alone.results.graph).toMatchObject({ tokensTrained, tokensStandalone });
});
