/** Steps are made one by one, for one state at a time, and count their sequences by weight. */
import type { StepBatch, StepMetrics, Trainer, TrainerState } from '@branchline/core';
import { assertNone, type Bench, distance, refusal, steps, train, trained } from './bench.js';
import { saved } from './checkpoint.js';

/** Stops early, in every place. */
export async function checkSteps(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const batch = steps(4);
    const found: string[] = [];
    for (let wanted = 1; wanted <= 4; wanted++) {
      const state = await trainer.initialize(1);
      let made = 0;
      for await (const _ of trainer.train(state, batch)) {
        made++;
        if (state.step !== made) found.push(`step is ${state.step} after ${made} results`);
        if (made === wanted) break;
      }
      const whole = await trained(trainer, {
        lr: batch.lr.slice(0, wanted),
        sequences: batch.sequences.slice(0, wanted),
      });
      found.push(
        ...bench.compare(trainer, whole, await saved(trainer, state)).map((line) => `stopped after ${wanted}: ${line}`),
      );
      state.dispose();
    }
    const results = await train(trainer, await trainer.initialize(1), batch);
    if (results.length !== 4) found.push(`${results.length} results for 4 steps`);
    const none = await train(trainer, await trainer.initialize(1), { lr: new Float64Array(), sequences: [] });
    if (none.length > 0) found.push(`${none.length} results for no steps`);
    assertNone('steps are not made one by one', found, [
      'train is a generator: a step, then its result. Who stops listening finds the state after the last result.',
    ]);
  });
}

const one = (ids: readonly number[], weights?: readonly number[]): StepBatch => ({
  lr: Float64Array.of(0.01),
  sequences: [Uint32Array.from(ids)],
  ...(weights && { weights: [Float32Array.from(weights)] }),
});

/** One step from fresh weights, and where it led. */
async function firstStep(trainer: Trainer, batch: StepBatch) {
  const state = await trainer.initialize(1);
  const start = await saved(trainer, state);
  const [metrics] = await train(trainer, state, batch);
  const { weights } = await saved(trainer, state);
  state.dispose();
  return { ...metrics!, moved: weights.map((values, at) => values.map((value, i) => value - start.weights[at]![i]!)) };
}

type FirstStep = Awaited<ReturnType<typeof firstStep>>;

/** Compares batches that must come to the same, and some that must not. */
export async function checkWeights(bench: Bench): Promise<void> {
  // With an epsilon of nearly 0 the first step of AdamW is the sign of the gradient, which an order of adding can turn.
  const smooth = { epsilon: 0.05 };
  const compare = async (trainer: Trainer) => {
    const plain = await firstStep(trainer, one([1, 2]));
    const [a, b] = [await firstStep(trainer, one([1])), await firstStep(trainer, one([2]))];
    const apart = (what: string, was: FirstStep, is: FirstStep) => {
      const shown = distance([[is.loss, is.gradNorm]], [[was.loss, was.gradNorm]]);
      const far = Math.max(shown, distance(is.moved, was.moved));
      return far <= bench.tolerance ? [] : [`${what}: loss ${is.loss} instead of ${was.loss}`];
    };
    const weighted = await firstStep(trainer, one([1, 2], [1, 3]));
    const mean = (a.loss + 3 * b.loss) / 4;
    const found = [
      ...apart('all 1 are not as none', plain, await firstStep(trainer, one([1, 2], [1, 1]))),
      ...apart('[4, 4] are not as none', plain, await firstStep(trainer, one([1, 2], [4, 4]))),
      ...apart('a weight of 0 is not as without the sequence', a, await firstStep(trainer, one([1, 2], [1, 0]))),
      ...(distance([[weighted.loss]], [[mean]]) <= bench.tolerance
        ? []
        : [`[1, 3]: loss ${weighted.loss} instead of ${mean}`]),
      ...(distance(weighted.moved, plain.moved) > 0 ? [] : ['[1, 3] train as [1, 1] do']),
    ];
    assertNone('sequences do not count by their weight', found, ['The loss is sum(w * nll) / sum(w) over tokens.']);
  };
  await bench.lend(compare, 1, smooth);
}

/** Compares batches of one with the batch of both. */
export async function checkSmallBatches(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const both = await firstStep(trainer, one([1, 2]));
    const [a, b] = [await firstStep(trainer, one([1])), await firstStep(trainer, one([2]))];
    const mean = (a.loss + b.loss) / 2;
    const far = distance([[both.loss]], [[mean]]);
    assertNone(
      'the loss of a batch is not the mean of those of its sequences, each in a batch of one',
      far <= bench.tolerance ? [] : [`${both.loss} instead of the mean of ${a.loss} and ${b.loss}`],
      ['Sequences do not see each other, and no size of a batch is special.'],
    );
  });
}

/** Trains two states at once, and one alone. */
export async function checkSeveral(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const batches = [steps(4), steps(4, 4, 16)] as const;
    const states = [await trainer.initialize(1), await trainer.initialize(2)] as const;
    await inTurns(states.map((state, index) => trainer.train(state, batches[index]!)));
    const found: string[] = [];
    for (const [index, state] of states.entries()) {
      const alone = await trained(trainer, batches[index]!, index + 1);
      found.push(
        ...bench.compare(trainer, alone, await saved(trainer, state)).map((line) => `state ${index + 1}: ${line}`),
      );
    }
    assertNone('two states that train in turns disturb each other', found, [
      'A trainer keeps nothing but compiled code: moments, counters and buffers belong to a state or to a call.',
    ]);
  });
}

async function inTurns(runs: readonly AsyncIterable<StepMetrics>[]): Promise<void> {
  const turns = runs.map((run) => run[Symbol.asyncIterator]());
  for (let left = turns.length; left > 0; ) {
    const made = await Promise.all(turns.map((turn) => turn.next()));
    left = made.filter(({ done }) => done !== true).length;
  }
}

/** Rates that are no numbers, and rates that make a model diverge. */
export async function checkNumbers(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const found: string[] = [];
    for (const rate of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const state = await trainer.initialize(1);
      const told = await refusal(() => train(trainer, state, { ...steps(1), lr: Float64Array.of(rate) }));
      if (told === undefined) found.push(`a rate of ${rate} is accepted`);
    }
    const state = await trainer.initialize(1);
    const seen: number[] = [];
    const told = await refusal(async () => {
      const wild = { ...steps(6), lr: Float64Array.of(0.01, 1e38, 1e38, 1e38, 1e38, 1e38) };
      for await (const { loss } of trainer.train(state, wild)) seen.push(loss);
    });
    if (told === undefined)
      found.push(`five steps at a rate of 1e38 are made, with losses of ${seen.slice(1).join(', ')}`);
    if (!seen.every(Number.isFinite))
      found.push(`a loss of ${seen.find((loss) => !Number.isFinite(loss))} is given as a result`);
    if (told !== undefined && state.step !== seen.length)
      found.push(`step is ${state.step} after ${seen.length} results and an error`);
    found.push(...(await lies(trainer, state)));
    assertNone('numbers that are none go unnoticed', found, [
      'Throw an Error that says at which step and rate the model diverged, before the step counts: the run stops there with a',
      'message, and what was trained before stays.',
    ]);
  });

  /** A model of which nothing is a number must not have a loss. */
  async function lies(trainer: Trainer, state: TrainerState): Promise<readonly string[]> {
    const broken = (await saved(trainer, state)).withWeights(() => Number.NaN);
    const evaluate = async () => trainer.evaluate(await trainer.restore(broken), bench.data.evaluationSet());
    const results = await evaluate().catch(() => []);
    const lie = results.find(({ nll }) => Number.isFinite(nll));
    return lie === undefined ? [] : [`weights that are NaN have a held-out loss of ${lie.nll}`];
  }
}
