/** Tests that every engine of the trainer must pass. */
import type { StepMetrics } from '@branchline/core';
import { parameterTable, referenceLogits, referenceNll, sizeOf } from '@branchline/model';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TfjsTrainerOptions } from '../src/options.js';
import { type TfjsState, views } from '../src/state.js';
import type { TfjsTrainer } from '../src/trainer.js';
import { bytes, create, distance, saved, source, steps, tiny, train } from './fixtures.js';

/** The result of a training. */
interface Trained {
  readonly state: TfjsState;
  readonly metrics: readonly StepMetrics[];
}

/** Expects equal bits, or nearly equal numbers if the trainer is not deterministic. */
function expectSame(trainer: TfjsTrainer, one: Trained, two: Trained): void {
  const { deterministic } = trainer.describe();
  const losses = ({ metrics }: Trained) => metrics.map(({ loss }) => loss);
  if (deterministic) expect(one.metrics).toEqual(two.metrics);
  else expect(distance(losses(one), losses(two))).toBeLessThan(1e-4);
  for (const slot of ['weights', 'first', 'second'] as const) {
    if (deterministic) expect(bytes(one.state[slot]), slot).toBe(bytes(two.state[slot]));
    else expect(distance(one.state[slot], two.state[slot]), slot).toBeLessThan(1e-3);
  }
}

/** Tests an engine against the reference model, against itself, and for leaked tensors. */
export function testEngine(name: string, options: TfjsTrainerOptions): void {
  describe(name, () => {
    let trainer: TfjsTrainer;
    beforeAll(async () => {
      trainer = await create(options);
    });
    afterAll(() => trainer.dispose());

    it.each([
      ['grouped heads, tied', tiny],
      ['full heads, untied', { ...tiny, kvHeads: 4, tieEmbeddings: false }],
      ['one key head, other constants', { ...tiny, kvHeads: 1, ropeTheta: 50, normEpsilon: 0.1 }],
    ])('agrees with the reference on logits: %s', async (_case, spec) => {
      const own = await create(options, spec);
      const state = await own.initialize(3);
      const tokens = source(spec).read(Uint32Array.of(7)).subarray(0, spec.context);
      const expected = referenceLogits(spec, views(parameterTable(spec), state.weights), tokens);
      expect(distance(await own.logits(state, tokens), expected)).toBeLessThan(1e-5);
      await own.dispose();
    });

    it('agrees with the reference on losses, in full and padded batches, and changes nothing', async () => {
      const state = await trainer.initialize(3);
      const before = bytes(state.weights);
      const ids = Uint32Array.from({ length: 21 }, (_, i) => i * i);
      const parts = [
        { version: 1, domain: 'a', sequences: ids.subarray(0, 18), bytes: 100 },
        { version: 2, domain: 'b', sequences: ids.subarray(18), bytes: 7 },
        { version: 2, domain: 'empty', sequences: ids.subarray(21), bytes: 0 },
      ];
      const results = await trainer.evaluate(state, { digest: '', parts });
      const weights = views(parameterTable(tiny), state.weights);
      for (const [index, part] of parts.entries()) {
        let nll = 0;
        for (const id of part.sequences) {
          nll += referenceNll(tiny, weights, source(tiny).read(Uint32Array.of(id))).reduce((a, b) => a + b, 0);
        }
        const { nll: found, ...rest } = results[index]!;
        expect(Math.abs(found - nll)).toBeLessThanOrEqual(1e-5 * nll);
        expect(rest).toEqual({
          version: part.version,
          domain: part.domain,
          bytes: part.bytes,
          tokens: part.sequences.length * 8,
        });
      }
      const alone = await trainer.evaluate(state, { digest: '', parts: [parts[1]!] });
      expect(alone[0]!.nll).toBe(results[1]!.nll);
      expect(bytes(state.weights)).toBe(before);
      expect(state.step).toBe(0);
    });

    it('has gradients that agree with finite differences of the reference', async () => {
      // The weights after AdamW's first step show only the sign of the gradient; the moments show its value.
      const own = await create(options, tiny, { beta1: 0, clipNorm: 0, weightDecay: 0 });
      const state = await own.initialize(5);
      const table = parameterTable(tiny);
      const weights = views(table, state.weights).map((values) => Float64Array.from(values));
      const weighted = Float32Array.of(1, 3, 0.5);
      const batch = steps(1, 3);
      const loss = () => {
        let sum = 0;
        for (const [row, id] of batch.sequences[0]!.entries()) {
          const nll = referenceNll(tiny, weights, source(tiny).read(Uint32Array.of(id)));
          sum += weighted[row]! * nll.reduce((a, b) => a + b, 0);
        }
        return sum / (4.5 * tiny.context);
      };
      const expectedLoss = loss();
      const [metrics] = await train(own, state, { ...batch, weights: [weighted] });
      expect(metrics!.loss).toBeCloseTo(expectedLoss, 5);
      const gradients = views(table, state.first);
      for (const [index, { name, shape }] of table.entries()) {
        const values = weights[index]!;
        const scale = Math.max(...gradients[index]!.map(Math.abs));
        const samples = Array.from({ length: 6 }, (_, i) => Math.floor(((i + 0.5) / 6) * sizeOf(shape)));
        for (const at of samples) {
          const original = values[at]!;
          values[at] = original + 1e-5;
          const up = loss();
          values[at] = original - 1e-5;
          const slope = (up - loss()) / 2e-5;
          values[at] = original;
          expect(Math.abs(gradients[index]![at]! - slope), `${name}[${at}]`).toBeLessThan(1e-4 * scale);
        }
      }
      await own.dispose();
    });

    it('learns, and repeats itself', async () => {
      const run = async () => {
        const state = await trainer.initialize(1);
        return { state, metrics: await train(trainer, state, steps(30, 4)) };
      };
      const [one, two] = [await run(), await run()];
      expectSame(trainer, one, two);
      expect(one.metrics.at(-1)!.loss).toBeLessThan(0.7 * one.metrics[0]!.loss);
    });

    it('continues from a saved state as if it had not stopped', async () => {
      const straight = await trainer.initialize(2);
      const metrics = await train(trainer, straight, steps(10, 4));
      const first = await trainer.initialize(2);
      const begun = await train(trainer, first, steps(5, 4));
      const restored = await trainer.restore(await saved(trainer, first));
      first.dispose();
      const ended = await train(trainer, restored, steps(5, 4, 20));
      expectSame(trainer, { state: restored, metrics: [...begun, ...ended] }, { state: straight, metrics });
      expect(restored.step).toBe(10);
    });

    it('leaves no tensor behind', async () => {
      tf.enableProdMode();
      const state = await trainer.initialize(1);
      await train(trainer, state, steps(1, 4));
      const before = tf.memory().numTensors;
      for await (const _ of trainer.train(state, steps(3, 4))) expect(tf.memory().numTensors).toBe(before);
      await trainer.evaluate(state, {
        digest: '',
        parts: [{ version: 1, domain: '', sequences: Uint32Array.of(1), bytes: 1 }],
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
