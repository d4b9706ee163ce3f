/** Checks single steps, loss weights, several states, and non-finite numbers. */
import { allHeldOut, type StepBatch, type StepMetrics, type Trainer, type TrainerState } from '@branchline/core';
import { assertNone, type Bench, distance, refusal, steps, train, trained } from './bench.js';
import { saved } from './checkpoint.js';

/** Stops training after each step in turn. */
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
    assertNone('train does not yield one step at a time', found, [
      'train is a generator: a step, then its result. A caller that stops finds the state after the last result.',
    ]);
  });
}

const one = (ids: readonly number[], weights?: readonly number[]): StepBatch => ({
  lr: Float64Array.of(0.01),
  sequences: [Uint32Array.from(ids)],
  ...(weights && { weights: [Float32Array.from(weights)] }),
});

/** One step from fresh weights: its loss and the resulting change. */
async function firstStep(trainer: Trainer, batch: StepBatch) {
  const state = await trainer.initialize(1);
  const start = await saved(trainer, state);
  const [metrics] = await train(trainer, state, batch);
  const { weights } = await saved(trainer, state);
  state.dispose();
  return { ...metrics!, moved: weights.map((values, at) => values.map((value, i) => value - start.weights[at]![i]!)) };
}

type FirstStep = Awaited<ReturnType<typeof firstStep>>;

/** Compares batches whose steps must be equal, and some whose steps must differ. */
export async function checkWeights(bench: Bench): Promise<void> {
  // With a tiny epsilon the first AdamW step is the sign of the gradient, which the order of a sum can flip.
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
      ...apart('weights of 1 differ from no weights', plain, await firstStep(trainer, one([1, 2], [1, 1]))),
      ...apart('weights of 4 differ from no weights', plain, await firstStep(trainer, one([1, 2], [4, 4]))),
      ...apart('a weight of 0 differs from leaving the sequence out', a, await firstStep(trainer, one([1, 2], [1, 0]))),
      ...(distance([[weighted.loss]], [[mean]]) <= bench.tolerance
        ? []
        : [`[1, 3]: loss ${weighted.loss} instead of ${mean}`]),
      ...(distance(weighted.moved, plain.moved) > 0 ? [] : ['[1, 3] train as [1, 1] do']),
    ];
    assertNone('loss weights of sequences are not applied', found, ['The loss is sum(w * nll) / sum(w) over tokens.']);
  };
  await bench.lend(compare, 1, smooth);
}

/** Compares two batches of one sequence with a batch of both. */
export async function checkSmallBatches(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const both = await firstStep(trainer, one([1, 2]));
    const [a, b] = [await firstStep(trainer, one([1])), await firstStep(trainer, one([2]))];
    const mean = (a.loss + b.loss) / 2;
    const far = distance([[both.loss]], [[mean]]);
    assertNone(
      'the loss of a batch is not the mean of the losses of its sequences, each in a batch of one',
      far <= bench.tolerance ? [] : [`${both.loss} instead of the mean of ${a.loss} and ${b.loss}`],
      ['Sequences do not affect each other, and no batch size is special.'],
    );
  });
}

/** Trains two states in turns, and each alone. */
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
    assertNone('two states that train in turns affect each other', found, [
      'A trainer keeps only compiled code: moments, counters and buffers belong to a state or to a call.',
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

/** Trains at non-finite rates and at rates that make the model diverge. */
export async function checkNumbers(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const found: string[] = [];
    for (const rate of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const state = await trainer.initialize(1);
      const message = await refusal(() => train(trainer, state, { ...steps(1), lr: Float64Array.of(rate) }));
      if (message === undefined) found.push(`a rate of ${rate} is accepted`);
    }
    const state = await trainer.initialize(1);
    const seen: number[] = [];
    const message = await refusal(async () => {
      const wild = { ...steps(6), lr: Float64Array.of(0.01, 1e38, 1e38, 1e38, 1e38, 1e38) };
      for await (const { loss } of trainer.train(state, wild)) seen.push(loss);
    });
    if (message === undefined)
      found.push(`five steps at a rate of 1e38 are made, with losses of ${seen.slice(1).join(', ')}`);
    if (!seen.every(Number.isFinite))
      found.push(`a loss of ${seen.find((loss) => !Number.isFinite(loss))} is yielded as a result`);
    if (message !== undefined && state.step !== seen.length)
      found.push(`step is ${state.step} after ${seen.length} results and an error`);
    found.push(...(await lies(trainer, state)));
    assertNone('non-finite numbers are accepted', found, [
      'Throw an Error that names the step and rate at which the model diverged, before the step counts: the run stops there',
      'with a message and keeps what was trained before.',
    ]);
  });

  /** Evaluates a model whose weights are NaN. A finite loss is a problem. */
  async function lies(trainer: Trainer, state: TrainerState): Promise<readonly string[]> {
    const broken = (await saved(trainer, state)).withWeights(() => Number.NaN);
    const evaluate = async () => trainer.evaluate(await trainer.restore(broken), allHeldOut(bench.data));
    const results = await evaluate().catch(() => []);
    const lie = results.find(({ nll }) => Number.isFinite(nll));
    return lie === undefined ? [] : [`weights that are NaN have a held-out loss of ${lie.nll}`];
  }
}
