import type { Passage } from '@branchline/core';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { contextOf, source, steps, tiny, train } from '../test/fixtures.js';
import { tfjs } from './define.js';
import type { TfjsTrainer } from './trainer.js';

const trainers = new Map<number, Promise<TfjsTrainer>>();
/** The trainer with a number of threads; made once, because compiling takes long. */
function create(threads: number): Promise<TfjsTrainer> {
  const trainer = trainers.get(threads) ?? tfjs({ engine: 'jit', threads }).create(contextOf(tiny));
  trainers.set(threads, trainer);
  return trainer;
}
afterAll(() => Promise.all([...trainers.values()].map(async (trainer) => (await trainer).dispose())));

const { context, vocabulary } = tiny;
const sequence = (id: number) => source(tiny).read(Uint32Array.of(id));
/** Passages of all lengths, more than one batch. */
const passages = Array.from({ length: 37 }, (_, id): Passage => {
  const tokens = sequence(id).slice(0, 2 + (id % context));
  return { tokens, scored: 1 + (id % (tokens.length - 1)) };
});

/** The score from logits, token by token, with the rest of the sequence filled with another token. */
async function fromLogits(trainer: TfjsTrainer, state: Parameters<TfjsTrainer['logits']>[0], passage: Passage) {
  const { tokens, scored } = passage;
  const inputs = new Int32Array(context).fill(vocabulary - 1);
  inputs.set(tokens.subarray(0, -1));
  const logits = await trainer.logits(state, inputs);
  let sum = 0;
  for (let place = tokens.length - 1 - scored; place < tokens.length - 1; place++) {
    const row = Array.from(logits.subarray(place * vocabulary, (place + 1) * vocabulary));
    sum += row[tokens[place + 1]!]! - Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0));
  }
  return sum;
}

describe('score', () => {
  it('is the log-likelihood from logits, whatever tokens follow a passage', async () => {
    const trainer = await create(1);
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(20, 4));
    const scores = await trainer.score(state, passages);
    for (const [index, passage] of passages.entries()) {
      expect(scores[index]).toBeCloseTo(await fromLogits(trainer, state, passage), 4);
    }
  });

  it('of a whole sequence equals its held-out loss, to the bit', async () => {
    const trainer = await create(1);
    const state = await trainer.initialize(2);
    const parts = [3, 4].map((id) => ({ version: 1, domain: '', sequences: Uint32Array.of(id), bytes: 1 }));
    const losses = (await trainer.evaluate(state, { digest: '', parts })).map(({ nll }) => -nll);
    const whole = [3, 4].map((id) => ({ tokens: sequence(id), scored: context }));
    expect(Array.from(await trainer.score(state, whole))).toEqual(losses);
  });

  it.runIf(inject('full'))('has the same bits with any number of threads', async () => {
    const scores = [];
    for (const trainer of await Promise.all([1, 2, 5].map(create))) {
      scores.push(Array.from(await trainer.score(await trainer.initialize(1), passages)));
    }
    expect(scores[1]).toEqual(scores[0]);
    expect(scores[2]).toEqual(scores[0]);
  });

  it('refuses passages that no model can score', async () => {
    const trainer = await create(1);
    const state = await trainer.initialize(1);
    const score = (...tokens: number[]) => trainer.score(state, [{ tokens: Int32Array.from(tokens), scored: 1 }]);
    await expect(score(1)).rejects.toThrow('a passage has 1 tokens; it must have 2 to 9');
    await expect(score(...Array<number>(10).fill(1))).rejects.toThrow('a passage has 10 tokens');
    await expect(score(1, 19)).rejects.toThrow('a passage has token 19, but the vocabulary is 19');
  });
});
