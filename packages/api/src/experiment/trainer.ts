import { BranchlineError, messageOf, startingFrom, type Trainer, type TrainerContext } from '@branchline/core';
import { type AdoptedWeights, openAdopted } from '@branchline/model';
import type { CheckedTrainer } from '../config/trainer.js';

/**
 * Creates the trainer of an experiment. `start`: weights to start from. Throws a BranchlineError: `trainer`, unless the
 * trainer throws another one.
 */
export async function makeTrainer(
  chosen: CheckedTrainer,
  context: TrainerContext,
  start?: AdoptedWeights,
): Promise<Trainer> {
  const weights = start && (await openAdopted(start));
  try {
    const trainer = await chosen.create(context);
    return weights === undefined ? trainer : startingFrom(trainer, weights);
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  }
}
