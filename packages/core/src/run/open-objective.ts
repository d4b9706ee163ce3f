import type { Digest } from '../json.js';
import type { Objective } from '../path/path.js';
import type { CheckpointReader, ModelDescription, StepObjective } from '../trainer/trainer.js';

/**
 * An objective as a trainer gets it, with the weights of its teacher. `model`: that of the run; `openState` opens one
 * of its states.
 */
export async function openObjective(
  { distil, prefix }: Objective,
  model: ModelDescription,
  openState: (key: Digest) => Promise<CheckpointReader>,
): Promise<StepObjective> {
  const scoring = prefix === undefined ? {} : { prefix };
  if (distil === undefined) return scoring;
  const { teacher, weight, temperature } = distil;
  const weights =
    'checkpoint' in teacher.of
      ? { model: teacher.of.checkpoint.model, checkpoint: await teacher.of.checkpoint.open() }
      : { model, checkpoint: await openState(teacher.key) };
  return { ...scoring, distil: { teacher: weights, weight, temperature } };
}
