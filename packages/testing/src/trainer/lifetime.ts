/** Checks that a trainer describes itself and frees its memory. */
import { allHeldOut, type TrainerInfo } from '@branchline/core';
import { differences } from '../outcome.js';
import { assertNone, type Bench, refusal, steps, train } from './bench.js';
import { saved } from './checkpoint.js';

/** Compares the descriptions of two trainers, before and after training. */
export async function checkDescription(bench: Bench): Promise<void> {
  await bench.lend(async (one, other) => {
    const first = one.describe();
    await train(one, await one.initialize(1), steps(2));
    const found = [
      ...differences(first, one.describe(), 'after some steps'),
      ...differences(first, other.describe(), 'another one, made alike'),
      ...wrongIn(first),
    ];
    assertNone('describe() is incomplete or changes', found, [
      'numerics is part of the key of every step. Name everything that can change a bit (engine, versions, precision,',
      'instruction set) and nothing else: with a clock, a process or a counter in it, trained steps are never found again.',
    ]);
  }, 2);
}

function wrongIn(info: TrainerInfo): readonly string[] {
  const texts = ['name', 'version', 'engine', 'device', 'numerics'] as const;
  return [
    ...texts.filter((key) => typeof info[key] !== 'string' || info[key] === '').map((key) => `${key} is empty`),
    ...(['float32', 'bfloat16'].includes(info.precision) ? [] : [`precision is ${info.precision}`]),
    ...(typeof info.deterministic === 'boolean' ? [] : ['deterministic is neither true nor false']),
    ...(info.processor === undefined || info.numerics.split(info.processor).length === 2
      ? []
      : [`processor "${info.processor}" is not in numerics exactly once`]),
    ...(info.units === undefined || (Number.isFinite(info.units) && info.units > 0) ? [] : [`units is ${info.units}`]),
  ];
}

/** Uses disposed states, and counts resources with the probe. */
export async function checkDisposal(bench: Bench): Promise<void> {
  const { probe = () => 0 } = bench.tests;
  const found = await bench.lend(async (trainer) => {
    const set = allHeldOut(bench.data);
    /** Calls every method once. */
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
    // The first round may compile and cache; growth after it is a leak.
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
      if ((await refusal(use)) === undefined) wrong.push(`${name} accepts a disposed state`);
    }
    const twice = await refusal(async () => state.dispose());
    if (twice !== undefined) wrong.push(`a state cannot be disposed twice: ${twice}`);
    const other = await trainer.restore(checkpoint);
    wrong.push(
      ...bench.compare(trainer, checkpoint, await saved(trainer, other)).map((line) => `another state: ${line}`),
    );
    return wrong;
  });
  assertNone('disposed states are not freed', found, [
    'dispose frees what the state alone holds and marks it, so that a later use throws.',
  ]);
}
