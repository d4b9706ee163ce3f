/** Checks that texts are continued as they are scored, if the trainer can generate text. */
import type { Decoding, Trainer, TrainerState } from '@branchline/core';
import { assertNone, type Bench, distance, type Reference, steps, train } from './bench.js';
import { saved } from './checkpoint.js';

/**
 * Continues a text token by token. The losses of its tokens must agree with the reference, the logits must not depend
 * on how the tokens are cut into calls, a text has at most `context` tokens, and the state does not change.
 */
export async function checkDecoding(bench: Bench, reference: Reference | undefined): Promise<void> {
  await bench.lend(async (trainer) => {
    if (trainer.decode === undefined) return;
    const state = await trainer.initialize(3);
    await train(trainer, state, steps(2));
    const was = await saved(trainer, state);
    const { context, vocabulary } = bench.data;
    const sequence = bench.data.read(Uint32Array.of(2));
    const [inputs, targets] = [sequence.slice(0, context), sequence.slice(1)];
    const single = Array.from(inputs, (token) => Int32Array.of(token));
    const logits = await logitsOf(trainer, state, single);
    assertNone(
      'the logits are not those of the token after the text',
      logits.flatMap((own, at) =>
        own.length === vocabulary ? [] : [`after token ${at + 1}: ${own.length} of ${vocabulary} numbers`],
      ),
      ['One number for each token of the vocabulary.'],
    );
    const found = logits.map((own, at) => lossOf(own, targets[at]!));
    const expected = reference?.nll(was.weights, sequence);
    const far = expected === undefined ? 0 : distance([found], [Array.from(expected)]);
    const cuts = [[inputs], [inputs.slice(0, 1), inputs.slice(1)]];
    const last = await Promise.all(cuts.map(async (cut) => (await logitsOf(trainer, state, cut)).at(-1)!));
    const apart = last.map((own) => distance([own], [logits.at(-1)!]));
    assertNone(
      'a text is not continued as text is evaluated',
      [
        ...(far <= bench.tolerance ? [] : [`losses ${far.toExponential(1)} apart: ${found.join()}`]),
        ...apart.flatMap((by, at) =>
          by <= bench.tolerance
            ? []
            : [`in ${cuts[at]!.length} calls, the last logits are ${by.toExponential(1)} apart`],
        ),
        ...((await refuses(trainer, state, sequence)) ? [] : [`${context + 1} tokens are not refused`]),
        ...bench.compare(trainer, was, await saved(trainer, state)).map((line) => `the state changed: ${line}`),
      ],
      [
        'The last logits of `append` are those of the token after all tokens so far, at their positions in the text.',
        'More than `context` tokens: reject with a RangeError.',
      ],
    );
  });
}

/** Logits after each of the calls, copied. */
async function logitsOf(
  trainer: Trainer,
  state: TrainerState,
  calls: readonly Int32Array[],
): Promise<readonly Float32Array[]> {
  return lend(trainer, state, async (text) => {
    const logits: Float32Array[] = [];
    for (const tokens of calls) logits.push(Float32Array.from(await text.append(tokens)));
    return logits;
  });
}

function refuses(trainer: Trainer, state: TrainerState, tokens: Int32Array): Promise<boolean> {
  return lend(trainer, state, (text) =>
    text.append(tokens).then(
      () => false,
      (error: unknown) => error instanceof RangeError,
    ),
  );
}

async function lend<T>(trainer: Trainer, state: TrainerState, work: (text: Decoding) => Promise<T>): Promise<T> {
  const text = await trainer.decode!(state);
  try {
    return await work(text);
  } finally {
    await text.dispose();
  }
}

/** `-log softmax(logits)[token]` in float64. */
function lossOf(logits: Float32Array, token: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b));
  return Math.log(logits.reduce((sum, value) => sum + Math.exp(value - top), 0)) + top - logits[token]!;
}
