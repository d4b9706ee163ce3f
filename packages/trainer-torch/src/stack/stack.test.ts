/** Lanes that share a worker. They need PyTorch: npx branchline backend install torch. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin, digestJson, type StepMetrics, type Tensor } from '@branchline/core';
import { describeModel, modelSchema } from '@branchline/model';
import { inTemporaryDirectory, runStraight, syntheticData } from '@branchline/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { contextOf, create, refusal, steps, tiny, train } from '../../test/fixtures.js';
import { torch } from '../define.js';
import { type TorchTrainerOptions, torchTrainerOptions } from '../options.js';
import type { TorchState } from '../state.js';
import type { TorchTrainer } from '../trainer.js';

const folder = mkdtempSync(join(tmpdir(), 'branchline-torch-stack-'));
afterAll(() => rmSync(folder, { recursive: true }));

const made: TorchTrainer[] = [];
afterEach(async () => {
  for (const trainer of made.splice(0)) await trainer.dispose();
});

/** Trainers of several lanes of one run. */
async function lanes(count: number, options: TorchTrainerOptions, context = contextOf(tiny)): Promise<TorchTrainer[]> {
  const own: TorchTrainer[] = [];
  for (let index = 0; index < count; index++) {
    const place = { ...context, lane: { index, count } };
    own.push(await torch({ device: 'cpu', threads: 1, ...options }).create(place));
  }
  made.push(...own);
  return own;
}

/** A digest of all arrays of a state. */
async function digestOf(trainer: TorchTrainer, state: TorchState): Promise<string> {
  const arrays: [string, number[]][] = [];
  const write = async (_: string, tensors: readonly Tensor[]) =>
    void arrays.push(...tensors.map(({ name, data }) => [name, Array.from(data)] satisfies [string, number[]]));
  await trainer.save(state, { write });
  return digestJson(arrays);
}

describe('the option stack', () => {
  it('is refused together with options that it excludes, and out of range', () => {
    const messages = (options: TorchTrainerOptions) =>
      torchTrainerOptions.safeParse(options).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(messages({ stack: 2, compile: true, checkpointing: true })).toEqual([
      'stack: runs of a stack cannot be trained with compile: leave out one of both',
      'stack: runs of a stack cannot be trained with checkpointing: leave out one of both',
    ]);
    expect(messages({ stack: 2, processes: 3 })).toEqual([
      'stack: runs of a stack cannot be trained by 3 processes: ' +
        'leave out processes if the models are small, stack if they are large',
    ]);
    expect(messages({ stack: 65 })).toEqual(['stack: 65 is not at most 64']);
    expect(messages({ stack: 0 })).toEqual(['stack: 0 is not a whole number above 0']);
    expect(messages({ stack: 1, compile: true, processes: 3 })).toBeUndefined();
  });
});

describe.skipIf(refusal !== undefined)('lanes of a stack', { timeout: 120_000 }, () => {
  it('share one worker, and further lanes another', async () => {
    const context = contextOf(tiny);
    made.push(await torch({ device: 'cpu', threads: 1, stack: 2 }).create(context));
    const [first, second, third] = await lanes(3, { stack: 2 }, context);
    expect(await second!.workerId()).toBe(await first!.workerId());
    expect(await third!.workerId()).not.toBe(await first!.workerId());
    expect(first!.lanes).toBe(2);
    expect(first!.describe()).toMatchObject({ units: 0.5, deterministic: true });
    expect(first!.describe().numerics).toContain('stacks of 2');
    // The worker stays while one lane uses it.
    await first!.dispose();
    const state = await second!.initialize(1);
    expect(await train(second!, state, steps(2, 3))).toHaveLength(2);
  });

  it('train what separate trainers train, in common steps', async () => {
    const record = join(folder, 'messages.jsonl');
    const own = await lanes(3, { stack: 4, record });
    const alone = await create();
    made.push(alone);
    const rates = [0.01, 0.003, 0.02];
    const together = await Promise.all(
      own.map(async (trainer, lane) => train(trainer, await trainer.initialize(lane), steps(20, 4, 0, rates[lane]))),
    );
    for (const [lane, found] of together.entries()) {
      const expected = await train(alone, await alone.initialize(lane), steps(20, 4, 0, rates[lane]));
      for (const [step, { loss, gradNorm }] of expected.entries()) {
        expect(Math.abs(found[step]!.loss - loss)).toBeLessThan(1e-4 * loss);
        expect(Math.abs(found[step]!.gradNorm - gradNorm)).toBeLessThan(1e-3 * gradNorm);
      }
    }
    const requests = readFileSync(record, 'utf8').trimEnd().split('\n');
    const common = requests.flatMap((line) => {
      const { method, params } = JSON.parse(line) as { method: string; params: { steps: readonly object[] } };
      return method === 'step_stack' ? [params.steps.length] : [];
    });
    expect(common.reduce((sum, size) => sum + size, 0)).toBe(60);
    // Lanes begin one after the other, and may be late once on a busy machine.
    expect(common.filter((size) => size === 3).length).toBeGreaterThan(10);
  });

  it('have the same bits alone and with any others, which come and go', async () => {
    const own = await lanes(3, { stack: 3 });
    const run = async (lane: number, delay: number): Promise<[StepMetrics[], string]> => {
      const trainer = own[lane]!;
      const state = await trainer.initialize(5);
      const metrics: StepMetrics[] = [];
      for (let part = 0; part < 3; part++) {
        metrics.push(...(await train(trainer, state, steps(4, 4, 16 * part))));
        // The others train other numbers of steps, and of another batch size, and evaluate meanwhile.
        await Promise.all(Array.from({ length: delay }, () => digestOf(trainer, state)));
      }
      const digest = await digestOf(trainer, state);
      state.dispose();
      return [metrics, digest];
    };
    const other = async (lane: number, size: number) => {
      const state = await own[lane]!.initialize(lane);
      for (let part = 0; part < 4; part++) await train(own[lane]!, state, steps(3, size, 5 * lane, 0.02));
      state.dispose();
    };
    const expected = await run(0, 0);
    const [with_] = await Promise.all([run(0, 0), other(1, 4), other(2, 4)]);
    expect(with_).toEqual(expected);
    const [, , last] = await Promise.all([other(0, 4), other(1, 2), run(2, 2)]);
    expect(last).toEqual(expected);
  });

  it('lose one run that diverges, and no other', async () => {
    const own = await lanes(2, { stack: 2 });
    const [good, bad] = [await own[0]!.initialize(1), await own[1]!.initialize(1)];
    const [fine, diverged] = await Promise.allSettled([
      train(own[0]!, good, steps(6, 4)),
      train(own[1]!, bad, steps(6, 4, 0, 1e30)),
    ]);
    const message: unknown = expect.stringMatching(/diverged: step \d at learning rate 1e\+30/);
    expect(diverged).toMatchObject({ status: 'rejected', reason: { kind: 'diverged', message } });
    expect(fine).toMatchObject({ status: 'fulfilled', value: { length: 6 } });
    const again = await own[1]!.initialize(1);
    await train(own[1]!, again, steps(6, 4));
    expect(await digestOf(own[1]!, again)).toBe(await digestOf(own[0]!, good));
  });

  it('continue in a new worker when theirs has died', async () => {
    const own = await lanes(2, { stack: 2 });
    const pid = await own[0]!.workerId();
    const states = await Promise.all(own.map((trainer) => trainer.initialize(1)));
    await Promise.all(own.map((trainer, lane) => train(trainer, states[lane]!, steps(1, 4))));
    process.kill(pid, 'SIGKILL');
    const lost = await Promise.allSettled(own.map((trainer, lane) => train(trainer, states[lane]!, steps(1, 4, 50))));
    for (const one of lost) expect(one).toMatchObject({ status: 'rejected', reason: { kind: 'dead' } });
    const again = await Promise.all(
      own.map(async (trainer) => train(trainer, await trainer.initialize(1), steps(2, 4, 50))),
    );
    expect(again[0]).toEqual(again[1]);
    expect(await own[1]!.workerId()).toBe(await own[0]!.workerId());
    expect(await own[0]!.workerId()).not.toBe(pid);
  });

  it('give an experiment the checkpoints, losses and costs of one lane', async () => {
    const branching = definePlugin({
      name: 'branching',
      onVersion: () => ({ forks: ['branch'], release: { path: 'branch' } }),
      onFork: { branch: () => ({ at: 3, steps: 4, carry: { optimizer: false } }) },
    });
    const plain = definePlugin({ name: 'plain' });
    const data = syntheticData({ versions: [24, 24] });
    const { context, vocabulary } = data;
    const spec = modelSchema.parse({ layers: 1, width: 8, heads: 2, hidden: 12, context, vocabulary, initStd: 0.3 });
    const parts = { model: describeModel(spec), data, strategies: { branching: [branching()], plain: [plain()] } };
    const outcome = async (count: number) => {
      const [trainer, ...otherTrainers] = await lanes(count, { stack: 4 }, { ...contextOf(spec), data });
      return inTemporaryDirectory(async (directory) => {
        const change = { spec: { seeds: [7, 8] } };
        return (await runStraight({ ...parts, ...change, trainer: trainer!, otherTrainers }, directory)).outcome;
      });
    };
    const one = await outcome(1);
    expect(await outcome(4)).toEqual(one);
    expect(await outcome(2)).toEqual(one);
  });
});
