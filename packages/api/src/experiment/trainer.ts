import { BranchlineError, messageOf, type Trainer, type TrainerContext } from '@branchline/core';
import type { CheckedTrainer } from '../config/trainer.js';

/** Creates the trainer of an experiment. Throws a BranchlineError: `trainer`, unless the trainer throws another one. */
export async function makeTrainer(chosen: CheckedTrainer, context: TrainerContext): Promise<Trainer> {
  try {
    return await chosen.create(context);
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  }
}
