import { join } from 'node:path';
import { BranchlineError } from '../errors.js';
import type { StoredElsewhere } from '../plan/experiment-plan.js';
import { CheckpointStore } from '../store/checkpoint-store.js';
import type { TrainerInfo } from '../trainer/trainer.js';

/**
 * The states of a run directory, for a plan that takes those of other processors. Reads only. Throws a `config` error
 * if the trainer does not name its processor.
 */
export async function storedElsewhere(
  directory: string,
  { name, processor }: Pick<TrainerInfo, 'name' | 'processor'>,
): Promise<StoredElsewhere> {
  if (processor === undefined) {
    throw new BranchlineError('config', {
      configPath: 'trainer',
      message: `${name} does not say which part of its numerics is the processor, so its states cannot be taken from another one`,
      remedy: 'Leave --reuse-from-other-processors out.',
    });
  }
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  return { states: store.list(), processor };
}
