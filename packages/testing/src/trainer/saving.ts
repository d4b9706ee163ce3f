/** Checks that saved states are complete. */
import type { RestoreParts, Trainer } from '@branchline/core';
import { differences } from '../outcome.js';
import { assertNone, type Bench, refusal, steps, train, trained } from './bench.js';
import { type MemoryCheckpoint, saved } from './checkpoint.js';

const STEPS = 6;

/** Repeats the same steps in one trainer and in a second one. */
export async function checkDeterminism(bench: Bench): Promise<void> {
  await bench.lend(async (one, other) => {
    if (!one.describe().deterministic) return;
    const run = async (trainer: Trainer) => {
      const state = await trainer.initialize(5);
      const metrics = await train(trainer, state, steps(STEPS));
      return { metrics, saved: await saved(trainer, state) };
    };
    const first = await run(one);
    for (const [where, trainer] of [
      ['again', one],
      ['in another trainer', other],
    ] as const) {
      const second = await run(trainer);
      assertNone(
        `the same steps, made ${where}, end in different bits`,
        [...bench.compare(one, first.saved, second.saved), ...differences(first.metrics, second.metrics, 'metrics')],
        [
          'Look for sums whose order depends on threads, uncleared memory, and state kept between calls. If they are',
          'unavoidable, declare deterministic: false.',
        ],
      );
    }
  }, 2);
}

/** Compares the initial weights of equal and different seeds. */
export async function checkSeeds(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const draw = async (seed: number) => saved(trainer, await trainer.initialize(seed));
    const [one, again, two] = [await draw(1), await draw(1), await draw(2)];
    const found = [
      ...differences(one.digests('weights'), again.digests('weights'), 'drawn again'),
      ...(one.step === 0 ? [] : [`step is ${one.step} before the first`]),
      ...(differences(one.digests('weights'), two.digests('weights')).length > 0
        ? []
        : ['seeds 1 and 2 draw the same']),
    ];
    assertNone('fresh weights are not a function of the seed', found, [
      'Initial weights come from the counter-based streams of the seed, and from nothing else.',
    ]);
  });
}

/** Saves after every step and resumes from each in a new trainer. */
export async function checkContinuing(bench: Bench): Promise<void> {
  await bench.lend(async (trainer, fresh) => {
    const batch = steps(STEPS);
    const state = await trainer.initialize(5);
    const [stops, metrics]: [MemoryCheckpoint[], unknown[]] = [[await saved(trainer, state)], []];
    for await (const { loss, gradNorm } of trainer.train(state, batch)) {
      metrics.push({ loss, gradNorm });
      stops.push(await saved(trainer, state));
    }
    const deterministic = trainer.describe().deterministic;
    for (let done = 0; done < STEPS; done++) {
      const own = await fresh.restore(stops[done]!);
      const rest = { lr: batch.lr.slice(done), sequences: batch.sequences.slice(done) };
      const shown = await train(fresh, own, rest);
      assertNone(
        `training resumed from step ${done} ends differently from uninterrupted training`,
        [
          ...bench.compare(trainer, stops[STEPS]!, await saved(fresh, own)),
          ...(deterministic ? differences(metrics.slice(done), shown, 'metrics') : []),
        ],
        [
          'State that the next step depends on is not saved or not restored: moments, their step count, full precision.',
        ],
      );
      own.dispose();
    }
  }, 2);
}

/** Restores weights without moments and moments without weights. */
export async function checkParts(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const checkpoint = await trained(trainer, steps(3));
    const [fresh, drawn] = [
      await saved(trainer, await trainer.initialize(1)),
      await saved(trainer, await trainer.initialize(9)),
    ];
    const restored = async (parts: RestoreParts, from = checkpoint) =>
      saved(trainer, await trainer.restore(from, parts));
    const compare = (what: string, found: MemoryCheckpoint, weights: MemoryCheckpoint, optimizer: MemoryCheckpoint) => [
      ...differences(weights.digests('weights'), found.digests('weights'), `${what}: weights`),
      ...differences(optimizer.digests('optimizer'), found.digests('optimizer'), `${what}: optimizer`),
      ...(found.step === optimizer.step ? [] : [`${what}: step is ${found.step} instead of ${optimizer.step}`]),
    ];
    const whole = await restored({});
    const found = [
      ...compare('everything', whole, checkpoint, checkpoint),
      ...compare('optimizer: false', await restored({ optimizer: false }), checkpoint, fresh),
      ...compare('a checkpoint of weights alone', await restored({}, checkpoint.weightsAlone), checkpoint, fresh),
      ...compare('weights: false, seed: 9', await restored({ weights: false, seed: 9 }), drawn, checkpoint),
      ...compare('neither, seed: 9', await restored({ weights: false, optimizer: false, seed: 9 }), drawn, drawn),
      ...((await refusal(() => trainer.restore(checkpoint, { weights: false }))) === undefined
        ? ['weights: false without a seed is accepted']
        : []),
    ];
    assertNone('a state restored in parts has the wrong parts', found, [
      'What is not restored starts as in initialize: weights from the seed, moments and their step count at zero.',
    ]);
  });
}

/** Combines checkpoints with positive, negative and zero weights. */
export async function checkCombining(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const parts = [
      await trained(trainer, steps(2), 1),
      await trained(trainer, steps(3), 2),
      await trained(trainer, steps(1), 3),
    ];
    const fresh = await saved(trainer, await trainer.initialize(1));
    const combine = async (...weights: number[]) =>
      saved(trainer, await trainer.combine(weights.map((weight, index) => ({ checkpoint: parts[index]!, weight }))));
    const found: string[] = [];
    for (const weights of [[1], [0.5, 0.5], [1.5, -0.5], [0.2, 1.3, -0.5]]) {
      const sum = await combine(...weights);
      const wrong = firstInexact(sum, parts, weights);
      if (wrong !== undefined) found.push(`[${weights.join(', ')}]: ${wrong}`);
      found.push(
        ...differences(fresh.digests('optimizer'), sum.digests('optimizer'), `[${weights.join(', ')}]: optimizer`),
      );
      if (sum.step !== 0) found.push(`[${weights.join(', ')}]: step is ${sum.step} instead of 0`);
    }
    if ((await refusal(() => trainer.combine([]))) === undefined) found.push('an empty combination is accepted');
    assertNone('a combination is not the weighted sum of its parts', found, [
      'Sum up in float64, round once at the end, start the moments at zero. Weights need not be positive.',
    ]);
  });
}

/** The first weight that differs from the exact sum by more than one rounding to float32 or bfloat16. */
function firstInexact(
  sum: MemoryCheckpoint,
  parts: readonly MemoryCheckpoint[],
  weights: readonly number[],
): string | undefined {
  for (const [at, values] of sum.weights.entries()) {
    for (const [i, value] of values.entries()) {
      const exact = weights.reduce((all, weight, index) => all + weight * parts[index]!.weights[at]![i]!, 0);
      if (Math.abs(value - exact) > sum.precision(at) * Math.abs(exact)) return `${value} instead of ${exact}`;
    }
  }
  return undefined;
}
