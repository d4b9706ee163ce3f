/** Checks that passages are scored like held-out text, if the trainer supports scoring. */
import type { Passage, Trainer, TrainerState } from '@branchline/core';
import { differences } from '../outcome.js';
import { assertNone, type Bench, distance, type Reference, steps, train } from './bench.js';
import { saved } from './checkpoint.js';

/**
 * Scores passages of all lengths. Scores must agree with the reference, be independent of other passages, be additive,
 * and leave the state unchanged.
 */
export async function checkScoring(bench: Bench, reference: Reference | undefined): Promise<void> {
  await bench.lend(async (trainer) => {
    if (trainer.score === undefined) return;
    const state = await trainer.initialize(3);
    await train(trainer, state, steps(2));
    const was = await saved(trainer, state);
    const passages = passagesOf(bench);
    const score = async (of: readonly Passage[]) => Array.from(await trainer.score!(state, of));
    const found = await score(passages);
    const expected = reference && passages.map((passage) => expectedOf(passage, was.weights, reference));
    const far = expected === undefined ? 0 : distance([found], [expected]);
    assertNone(
      'log-likelihoods of passages differ from the reference',
      far <= bench.tolerance ? [] : [`${far.toExponential(1)} apart: ${found.join()} instead of ${expected!.join()}`],
      [
        'The sum of log softmax(logits)[token] over the last tokens of a passage: natural logarithms, at most 0.',
        'Pad short passages at the end, which causal attention does not see.',
      ],
    );
    const alone: number[] = [];
    for (const passage of passages) alone.push(...(await score([passage])));
    const reversed = (await score([...passages].reverse())).reverse();
    const close = (is: readonly number[], what: string) =>
      trainer.describe().deterministic ? differences(found, is, what) : [];
    const parts = await sumOfParts(trainer, state, passages);
    assertNone(
      'the score of a passage depends on the passages scored with it',
      [
        ...close(alone, 'each alone / passage'),
        ...close(reversed, 'in reverse / passage'),
        ...(distance([parts], [await score(passages.map(whole))]) <= bench.tolerance
          ? []
          : ['the scores of a beginning and of the end behind it do not add up to that of both']),
        ...((await score([])).length === 0 ? [] : ['no passages have scores']),
        ...bench.compare(trainer, was, await saved(trainer, state)).map((line) => `the state changed: ${line}`),
      ],
      ['One number for each passage, in their order, however they are batched.'],
    );
  });
}

/**
 * Passages from two tokens to a whole sequence, more than fit into most batches. The number of scored tokens varies
 * from one to all but the first.
 */
function passagesOf({ data }: Bench): readonly Passage[] {
  const { context } = data;
  const ids = Uint32Array.from({ length: 19 }, (_, index) => index);
  const tokens = data.read(ids);
  return Array.from(ids, (id) => {
    const length = 2 + (id % context);
    const start = id * (context + 1);
    return { tokens: tokens.slice(start, start + length), scored: 1 + (id % (length - 1)) };
  });
}

const whole = ({ tokens }: Passage): Passage => ({ tokens, scored: tokens.length - 1 });

function expectedOf({ tokens, scored }: Passage, weights: readonly Float64Array[], { nll }: Reference): number {
  return -Array.from(nll(weights, tokens))
    .slice(-scored)
    .reduce((sum, value) => sum + value, 0);
}

/** For each passage: the score of the beginning alone plus that of the end after it. */
async function sumOfParts(trainer: Trainer, state: TrainerState, passages: readonly Passage[]): Promise<number[]> {
  const sums = Array.from(await trainer.score!(state, passages));
  for (const [index, { tokens, scored }] of passages.entries()) {
    const before = tokens.slice(0, tokens.length - scored);
    if (before.length < 2) continue;
    sums[index]! += (await trainer.score!(state, [{ tokens: before, scored: before.length - 1 }]))[0]!;
  }
  return sums;
}
