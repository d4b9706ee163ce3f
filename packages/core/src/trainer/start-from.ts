import type { CheckpointReader, Trainer, TrainerState } from './trainer.js';

/**
 * A trainer whose initial weights are those of a checkpoint, whatever the seed; moments are zero. Weights that a plugin
 * resets are these weights again. `dispose` disposes of the trainer.
 */
export function startingFrom<State extends TrainerState>(
  trainer: Trainer<State>,
  weights: CheckpointReader,
): Trainer<State> {
  const { warmUpSteps, lanes } = trainer;
  return {
    ...(lanes !== undefined && { lanes }),
    ...(warmUpSteps !== undefined && { warmUpSteps }),
    initialize: () => trainer.restore(weights, { optimizer: false }),
    restore: (checkpoint, { weights: isKept = true, ...parts } = {}) =>
      isKept
        ? trainer.restore(checkpoint, parts)
        : trainer.restore(withWeightsOf(weights, checkpoint), { optimizer: parts.optimizer }),
    describe: () => trainer.describe(),
    train: (state, steps) => trainer.train(state, steps),
    evaluate: (state, set) => trainer.evaluate(state, set),
    ...(trainer.score !== undefined && { score: (state: State, passages) => trainer.score!(state, passages) }),
    ...(trainer.decode !== undefined && { decode: (state: State) => trainer.decode!(state) }),
    combine: (parts) => trainer.combine(parts),
    save: (state, to) => trainer.save(state, to),
    dispose: () => trainer.dispose(),
  };
}

/** A checkpoint with the weights of another one. */
function withWeightsOf(weights: CheckpointReader, checkpoint: CheckpointReader): CheckpointReader {
  const of = (group: string) => (group === 'weights' ? weights : checkpoint);
  const inFiles = weights.file !== undefined && checkpoint.file !== undefined;
  return {
    key: checkpoint.key,
    groups: ['weights', ...checkpoint.groups.filter((group) => group !== 'weights')],
    step: checkpoint.step,
    read: (group) => of(group).read(group),
    ...(inFiles && { file: (group) => of(group).file!(group) }),
  };
}
