/** Checks that evaluation has no side effects. */
import { allHeldOut, type EvaluationPart } from '@branchline/core';
import { differences } from '../outcome.js';
import { assertNone, type Bench, steps, train } from './bench.js';
import { saved } from './checkpoint.js';

/** Evaluates between two steps and compares with training without evaluation. */
export async function checkEvaluationEffects(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const [evaluated, alone] = [await trainer.initialize(1), await trainer.initialize(1)];
    const [before, behind] = [steps(2), steps(2, 4, 8)];
    await train(trainer, evaluated, before);
    await train(trainer, alone, before);
    const was = await saved(trainer, evaluated);
    await trainer.evaluate(evaluated, allHeldOut(bench.data));
    const found = bench.compare(trainer, was, await saved(trainer, evaluated)).map((line) => `right after it: ${line}`);
    await train(trainer, evaluated, behind);
    await train(trainer, alone, behind);
    const later = bench.compare(trainer, await saved(trainer, alone), await saved(trainer, evaluated));
    assertNone(
      'evaluation changed the state',
      [...found, ...later.map((line) => `two steps later: ${line}`)],
      ['Check modes that are not reset (dropout, gradients), buffers shared with training, and moments that change.'],
    );
  });
}

/** Evaluates parts together, alone, in another order, twice, and an empty list. */
export async function checkPartIndependence(bench: Bench): Promise<void> {
  const { data } = bench;
  const ids = Uint32Array.from(allHeldOut(data).parts.flatMap(({ sequences }) => [...sequences]));
  // Training sequences as well: held-out ones may be few, and parts should be larger than a batch.
  const more = Uint32Array.from({ length: 19 }, (_, index) => index);
  const parts: readonly EvaluationPart[] = [
    { version: 1, domain: 'a', sequences: more, bytes: 100 },
    { version: 2, domain: 'b', sequences: ids, bytes: 7 },
    { version: 2, domain: 'empty', sequences: ids.slice(0, 0), bytes: 0 },
    { version: 3, domain: 'a', sequences: more.slice(3, 8), bytes: 9 },
  ];
  await bench.lend(async (trainer) => {
    const state = await trainer.initialize(1);
    const evaluate = async (of: readonly EvaluationPart[]) =>
      (await trainer.evaluate(state, { digest: 'kit', parts: of })).map(({ version, domain, nll, tokens, bytes }) => ({
        ...{ version, domain, nll, tokens, bytes },
      }));
    const together = await evaluate(parts);
    const reversed = (await evaluate([...parts].reverse())).reverse();
    const alone = [];
    for (const part of parts) alone.push(...(await evaluate([part])));
    const described = parts.map(({ version, domain, sequences, bytes }) => ({
      ...{ version, domain, tokens: sequences.length * data.context, bytes },
    }));
    const plain = together.map(({ nll: _, ...rest }) => rest);
    const close = (was: typeof together, is: typeof together, what: string) =>
      trainer.describe().deterministic ? differences(was, is, what) : [];
    assertNone(
      'the result of a part depends on the parts evaluated with it',
      [
        ...differences(described, plain, 'part'),
        ...(together[2]!.nll === 0 ? [] : [`an empty part has a loss of ${together[2]!.nll}`]),
        ...close(together, alone, 'each alone / part'),
        ...close(together, reversed, 'in reverse / part'),
        ...((await evaluate([])).length === 0 ? [] : ['no parts have results']),
      ],
      [
        'One result for each part, in their order, with version, domain and bytes as given, and context tokens for each sequence.',
        'Add up a part in the order of its sequences, however they are batched.',
      ],
    );
  });
}
