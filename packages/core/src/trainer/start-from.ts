import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationResult,
  EvaluationSet,
  Passage,
  RestoreParts,
  StepBatch,
  StepMetrics,
  Trainer,
  TrainerInfo,
  TrainerState,
  WeightedCheckpoint,
} from './trainer.js';

/**
 * A trainer whose initial weights are those of a checkpoint, whatever the seed; moments are zero. Weights that a plugin
 * resets are these weights again. `dispose` disposes of the trainer.
 */
export function startingFrom<State extends TrainerState>(
  trainer: Trainer<State>,
  weights: CheckpointReader,
): Trainer<State> {
  return new StartedTrainer(trainer, weights);
}

class StartedTrainer<State extends TrainerState> implements Trainer<State> {
  readonly warmUpSteps: number | undefined;
  readonly score: Trainer<State>['score'];

  constructor(
    private readonly trainer: Trainer<State>,
    private readonly weights: CheckpointReader,
  ) {
    this.warmUpSteps = trainer.warmUpSteps;
    if (trainer.score !== undefined)
      this.score = (state: State, passages: readonly Passage[]) => trainer.score!(state, passages);
  }

  describe(): TrainerInfo {
    return this.trainer.describe();
  }

  initialize(): Promise<State> {
    return this.trainer.restore(this.weights, { optimizer: false });
  }

  restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<State> {
    if (parts.weights !== false) return this.trainer.restore(checkpoint, parts);
    return this.trainer.restore(withWeightsOf(this.weights, checkpoint), { optimizer: parts.optimizer });
  }

  train(state: State, steps: StepBatch): AsyncIterable<StepMetrics> {
    return this.trainer.train(state, steps);
  }

  evaluate(state: State, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    return this.trainer.evaluate(state, set);
  }

  combine(parts: readonly WeightedCheckpoint[]): Promise<State> {
    return this.trainer.combine(parts);
  }

  save(state: State, to: CheckpointWriter): Promise<void> {
    return this.trainer.save(state, to);
  }

  dispose(): Promise<void> {
    return this.trainer.dispose();
  }
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
