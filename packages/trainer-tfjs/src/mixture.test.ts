/** Mixture-of-experts layers against the reference in float64. */
import {
  modelSchema,
  parameterTable,
  referenceBalance,
  referenceLogits,
  referenceNll,
  sizeOf,
} from '@branchline/model';
import { describe, expect, it } from 'vitest';
import { bytes, create, distance, source, steps, train } from '../test/fixtures.js';
import type { TfjsTrainerOptions } from './options.js';
import { type TfjsState, views } from './state.js';

const spec = modelSchema.parse({
  ...{ layers: 2, width: 16, heads: 4, kvHeads: 2, hidden: 12, context: 8, vocabulary: 19, initStd: 0.3 },
  experts: { count: 4, active: 2, balance: 0.5 },
});

const ENGINES: [string, TfjsTrainerOptions][] = [
  ['jit', { engine: 'jit', threads: 2 }],
  ['eager on cpu', { engine: 'eager', backend: 'cpu' }],
  ['eager on wasm', { engine: 'eager', backend: 'wasm' }],
];

const table = parameterTable(spec);
const tokensOf = (id: number) => source(spec).read(Uint32Array.of(id)).slice(0, spec.context);
const weightsOf = (state: TfjsState) => views(table, state.weights);

describe.each(ENGINES)('a mixture of experts: %s', (_, options) => {
  it('has the logits of the reference, also where experts are level', async () => {
    const trainer = await create(options, spec);
    const state = await trainer.initialize(3);
    expect(
      distance(await trainer.logits(state, tokensOf(7)), referenceLogits(spec, weightsOf(state), tokensOf(7))),
    ).toBeLessThan(1e-5);
    // Equal rows of the router: the first of the level experts are used.
    for (const [index, { part }] of table.entries()) {
      if (part !== 'router') continue;
      const gate = weightsOf(state)[index]!;
      for (let e = 1; e < 3; e++) gate.copyWithin(e * spec.width, 0, spec.width);
    }
    expect(
      distance(await trainer.logits(state, tokensOf(9)), referenceLogits(spec, weightsOf(state), tokensOf(9))),
    ).toBeLessThan(1e-5);
    await trainer.dispose();
  });

  it.each([
    ['', 0],
    [', with a prefix', 4],
  ])(
    'has the gradient of losses and load balance that finite differences of the reference have%s',
    async (_, prefix) => {
      const trainer = await create(options, spec, { beta1: 0, clipNorm: 0, weightDecay: 0 });
      const state = await trainer.initialize(5);
      const weights = weightsOf(state).map((values) => Float64Array.from(values));
      const [shares, batch] = [[1, 3, 0.5], steps(1, 3)];
      const objective = (balance: number) => {
        let sum = 0;
        for (const [row, id] of batch.sequences[0]!.entries()) {
          const tokens = source(spec).read(Uint32Array.of(id));
          // The first token is no target.
          const scored = referenceNll(spec, weights, tokens).slice(Math.max(0, prefix - 1));
          const nll = scored.reduce((a, b) => a + b, 0) / scored.length;
          sum += shares[row]! * (nll + balance * referenceBalance(spec, weights, tokens.subarray(0, -1)));
        }
        return sum / 4.5;
      };
      const masked = prefix > 0 && { objective: { prefix } };
      const [metrics] = await train(trainer, state, { ...batch, weights: [Float32Array.from(shares)], ...masked });
      // The balance is in the gradient only.
      expect(metrics!.loss).toBeCloseTo(objective(0), 5);
      const gradients = views(table, state.first);
      for (const [index, { name, shape }] of table.entries()) {
        const values = weights[index]!;
        const scale = Math.max(...gradients[index]!.map(Math.abs));
        for (const at of [0.1, 0.7].map((share) => Math.floor(share * sizeOf(shape)))) {
          const original = values[at]!;
          values[at] = original + 1e-5;
          const up = objective(0.5);
          values[at] = original - 1e-5;
          const slope = (up - objective(0.5)) / 2e-5;
          values[at] = original;
          expect(Math.abs(gradients[index]![at]! - slope), `${name}[${at}]`).toBeLessThan(1e-4 * Math.max(scale, 1e-3));
        }
      }
      await trainer.dispose();
    },
  );
});

describe('a mixture of experts', () => {
  it('has the same bits with any number of threads, and learns', async () => {
    const run = async (threads: number) => {
      const trainer = await create({ engine: 'jit', threads }, spec);
      const state = await trainer.initialize(1);
      const metrics = await train(trainer, state, steps(8, 5));
      await trainer.dispose();
      return { metrics, weights: bytes(state.weights) };
    };
    const one = await run(1);
    expect(await run(2)).toEqual(one);
    expect(one.metrics.at(-1)!.loss).toBeLessThan(0.97 * one.metrics[0]!.loss);
  });

  it('is continued token by token, and scores passages', async () => {
    const trainer = await create({ engine: 'jit', threads: 1 }, spec);
    const state = await trainer.initialize(3);
    const [tokens, { vocabulary }] = [tokensOf(5), spec];
    const expected = referenceLogits(spec, weightsOf(state), tokens);
    const text = await trainer.decode(state);
    for (let at = 0; at < tokens.length; at++) {
      const found = await text.append(tokens.subarray(at, at + 1));
      expect(distance(found, expected.subarray(at * vocabulary, (at + 1) * vocabulary)), `${at}`).toBeLessThan(1e-5);
    }
    await text.dispose();
    const [score] = await trainer.score(state, [{ tokens, scored: 3 }]);
    const nll = referenceNll(spec, weightsOf(state), tokens).slice(-3);
    expect(score!).toBeCloseTo(-nll.reduce((a, b) => a + b, 0), 4);
    await trainer.dispose();
  });

  it('balances its experts: with a large weight, their shares of the tokens come closer', async () => {
    const unevenness = async (balance: number) => {
      const own = { ...spec, experts: { ...spec.experts!, balance } };
      const trainer = await create({ engine: 'jit', threads: 1 }, own);
      const state = await trainer.initialize(2);
      await train(trainer, state, steps(30, 6));
      await trainer.dispose();
      const ids = [1, 2, 3, 4, 5, 6];
      return ids.reduce((sum, id) => sum + referenceBalance(own, weightsOf(state), tokensOf(id)), 0) / ids.length / 2;
    };
    const [without, with_] = [await unevenness(0), await unevenness(1)];
    expect(with_).toBeLessThan(without - 0.1);
    expect(with_).toBeGreaterThan(0.9);
  });
});
