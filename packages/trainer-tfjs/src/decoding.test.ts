import { parameterTable, referenceLogits } from '@branchline/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, distance, source, tiny } from '../test/fixtures.js';
import { CHUNK } from './decoding.js';
import { views } from './state.js';
import type { TfjsTrainer } from './trainer.js';

/** Long enough for a chunk and single tokens. */
const long = { ...tiny, context: CHUNK + 8 };

const tokensOf = (spec: typeof tiny, id: number) => source(spec).read(Uint32Array.of(id)).slice(0, spec.context);

const JIT = { engine: 'jit', threads: 1 } as const;

describe('a text', () => {
  let trainer: TfjsTrainer;
  beforeAll(async () => {
    trainer = await create(JIT, long);
  });
  afterAll(() => trainer.dispose());

  it.each([
    ['grouped heads, tied', JIT, long],
    ['full heads, untied', JIT, { ...long, kvHeads: 4, tieEmbeddings: false }],
    ['one key head, other constants', JIT, { ...long, kvHeads: 1, ropeTheta: 50, normEpsilon: 0.1 }],
    ['another engine', { engine: 'eager', backend: 'cpu' } as const, tiny],
  ])('has the logits of full passes of the reference after every token: %s', async (_case, options, spec) => {
    const own = await create(options, spec);
    const state = await own.initialize(3);
    const tokens = tokensOf(spec, 5);
    const { vocabulary } = spec;
    const expected = referenceLogits(spec, views(parameterTable(spec), state.weights), tokens);
    const text = await own.decode(state);
    for (let at = 0; at < spec.context; at++) {
      const found = await text.append(tokens.subarray(at, at + 1));
      expect(distance(found, expected.subarray(at * vocabulary, (at + 1) * vocabulary)), `${at}`).toBeLessThan(1e-5);
    }
    await text.dispose();
    await own.dispose();
  });

  it('has nearly the same logits however it is cut, and the same bits when cut alike', async () => {
    const state = await trainer.initialize(4);
    const tokens = tokensOf(long, 9);
    const after = async (...cuts: readonly number[]) => {
      const text = await trainer.decode(state);
      let [from, logits] = [0, new Float32Array(0)];
      for (const cut of [...cuts, tokens.length]) {
        logits = Float32Array.from(await text.append(tokens.slice(from, cut)));
        from = cut;
      }
      return logits;
    };
    const whole = await after();
    for (const cuts of [[1], [3, 4, 20], [CHUNK], [CHUNK + 1], [7, 7 + CHUNK]]) {
      expect(distance(await after(...cuts), whole), cuts.join()).toBeLessThan(1e-5);
    }
    expect(await after()).toEqual(whole);
  });

  it('does not depend on texts that are continued in between, and does not change the state', async () => {
    const [one, two] = [await trainer.initialize(1), await trainer.initialize(2)];
    const before = one.weights.slice();
    const [a, b, alone] = [await trainer.decode(one), await trainer.decode(two), await trainer.decode(one)];
    const tokens = tokensOf(long, 3);
    const mixed: number[][] = [];
    for (const token of tokens.subarray(0, 5)) {
      const [logits] = await Promise.all([a.append(Int32Array.of(token)), b.append(Int32Array.of(0))]);
      mixed.push([...logits]);
    }
    const single: number[][] = [];
    for (const token of tokens.subarray(0, 5)) single.push([...(await alone.append(Int32Array.of(token)))]);
    expect(mixed).toEqual(single);
    expect(one.weights).toEqual(before);
  });

  it('refuses what is no text', async () => {
    const text = await trainer.decode(await trainer.initialize(1));
    await expect(text.append(new Int32Array(0))).rejects.toThrow('at least one token');
    await expect(text.append(Int32Array.of(long.vocabulary))).rejects.toThrow(
      `there is no token ${long.vocabulary}, only ${long.vocabulary}`,
    );
    await expect(text.append(Int32Array.of(-1))).rejects.toThrow('there is no token -1');
    await text.append(tokensOf(long, 1));
    await expect(text.append(Int32Array.of(1))).rejects.toThrow(`exceed the context of ${long.context}`);
    await text.dispose();
    await expect(text.append(Int32Array.of(1))).rejects.toThrow('disposed of');
  });
});
