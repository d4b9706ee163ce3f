import { BranchlineError, messageOf, startingFrom, type Trainer, type TrainerContext } from '@branchline/core';
import { type AdoptedWeights, openAdopted } from '@branchline/model';
import type { CheckedTrainer } from '../config/trainer.js';

/**
 * Creates the trainers of an experiment, one for each lane. `start`: weights to start from. Throws a BranchlineError:
 * `trainer`, unless the trainer throws another one; then none is left.
 */
export async function makeTrainers(
  chosen: CheckedTrainer,
  context: TrainerContext,
  lanes: number,
  start?: AdoptedWeights,
): Promise<readonly [Trainer, ...Trainer[]]> {
  const trainers: Trainer[] = [];
  try {
    for (let index = 0; index < lanes; index++) {
      const weights = start && (await openAdopted(start));
      const trainer = await chosen.create(lanes === 1 ? context : { ...context, lane: { index, count: lanes } });
      trainers.push(weights === undefined ? trainer : startingFrom(trainer, weights));
    }
    return trainers as [Trainer, ...Trainer[]];
  } catch (cause) {
    await disposeAll(trainers);
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  }
}

/** Disposes of every trainer, whatever the others do; throws the first error. */
export async function disposeAll(trainers: readonly Trainer[]): Promise<void> {
  const done = await Promise.allSettled(trainers.map((trainer) => trainer.dispose()));
  const failed = done.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
