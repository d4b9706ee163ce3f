/** A trainer says what it is, and keeps nothing that it does not need. */
import type { TrainerInfo } from '@branchline/core';
import { differences } from '../outcome.js';
import { assertNone, type Bench, refusal, steps, train } from './bench.js';
import { saved } from './checkpoint.js';

/** Asks two trainers who they are, before and after they trained. */
export async function checkDescription(bench: Bench): Promise<void> {
  await bench.lend(async (one, other) => {
    const first = one.describe();
    await train(one, await one.initialize(1), steps(2));
    const found = [
      ...differences(first, one.describe(), 'after some steps'),
      ...differences(first, other.describe(), 'another one, made alike'),
      ...wrongIn(first),
    ];
    assertNone('a trainer does not describe itself, or in two ways', found, [
      'numerics is in the key of every step: everything that can change a bit (engine, versions, precision, instruction set), and',
      'nothing that cannot. No clock, no process, no counter: what was trained before could not be found again.',
    ]);
  }, 2);
}

function wrongIn(info: TrainerInfo): readonly string[] {
  const texts = ['name', 'version', 'engine', 'device', 'numerics'] as const;
  return [
    ...texts.filter((key) => typeof info[key] !== 'string' || info[key] === '').map((key) => `${key} is empty`),
    ...(['float32', 'bfloat16'].includes(info.precision) ? [] : [`precision is ${info.precision}`]),
    ...(typeof info.deterministic === 'boolean' ? [] : ['deterministic is neither true nor false']),
    ...(info.units === undefined || (Number.isInteger(info.units) && info.units > 0) ? [] : [`units is ${info.units}`]),
  ];
}

/** Uses what was disposed, and counts what is left. */
export async function checkDisposal(bench: Bench): Promise<void> {
  const { probe = () => 0 } = bench.tests;
  const found = await bench.lend(async (trainer) => {
    const set = bench.data.evaluationSet();
    /** Everything once. */
    const round = async () => {
      const state = await trainer.initialize(1);
      await train(trainer, state, steps(2));
      for await (const _ of trainer.train(state, steps(2))) break;
      await trainer.evaluate(state, set);
      const checkpoint = await saved(trainer, state);
      const more = [await trainer.restore(checkpoint), await trainer.combine([{ checkpoint, weight: 1 }])];
      for (const own of [state, ...more]) own.dispose();
      return { state, checkpoint };
    };
    // What is compiled once stays; what grows with every round leaks.
    const { state, checkpoint } = await round();
    const before = await probe();
    for (let rounds = 0; rounds < 3; rounds++) await round();
    const after = await probe();
    const used = {
      train: () => train(trainer, state, steps(1)),
      evaluate: () => trainer.evaluate(state, set),
      save: () => saved(trainer, state),
    };
    const wrong = after > before ? [`${after - before} more of what the probe counts after three rounds`] : [];
    for (const [name, use] of Object.entries(used)) {
      if ((await refusal(use)) === undefined) wrong.push(`${name} takes a state that was disposed`);
    }
    const twice = await refusal(async () => state.dispose());
    if (twice !== undefined) wrong.push(`a state cannot be disposed twice: ${twice}`);
    const other = await trainer.restore(checkpoint);
    wrong.push(
      ...bench.compare(trainer, checkpoint, await saved(trainer, other)).map((line) => `another state: ${line}`),
    );
    return wrong;
  });
  assertNone('what is disposed is not gone', found, [
    'dispose frees what the state alone holds, and marks it: a use after that is a mistake that must show where it is made.',
  ]);
}
