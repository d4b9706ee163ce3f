/** Looks over the shoulder of any trainer, and ends a run where it is told to. */
import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationSet,
  RestoreParts,
  StepBatch,
  Trainer,
  TrainerInfo,
  TrainerState,
  WeightedCheckpoint,
} from '@branchline/core';

/** Called by a watched trainer; what they throw comes out of the trainer. */
export interface TrainerWatch {
  /** After every step, with the number of steps made so far, before the step is told to whoever trains. */
  readonly afterStep?: (made: number) => void;
  /** In the middle of every save: weights are written, the optimizer is not. */
  readonly inSave?: () => void;
  /** Before every evaluation. */
  readonly beforeEvaluation?: () => void;
}

/** A state of the trainer that is watched. */
export interface WatchedState extends TrainerState {
  readonly inner: TrainerState;
}

/** A trainer in front of another. Changes nothing, and counts what its user does. */
export class WatchedTrainer implements Trainer<WatchedState> {
  /** Steps made. */
  made = 0;
  /** States that were given out and not disposed yet. */
  alive = 0;
  /** The parts that every `restore` was asked for, in order. */
  readonly restores: RestoreParts[] = [];

  constructor(
    private readonly inner: Trainer,
    private readonly watch: TrainerWatch = {},
  ) {}

  describe(): TrainerInfo {
    return this.inner.describe();
  }

  async initialize(seed: number): Promise<WatchedState> {
    return this.#watched(await this.inner.initialize(seed));
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<WatchedState> {
    this.restores.push(parts);
    return this.#watched(await this.inner.restore(checkpoint, parts));
  }

  async *train({ inner }: WatchedState, steps: StepBatch) {
    for await (const metrics of this.inner.train(inner, steps)) {
      this.made++;
      this.watch.afterStep?.(this.made);
      yield metrics;
    }
  }

  async evaluate({ inner }: WatchedState, set: EvaluationSet) {
    this.watch.beforeEvaluation?.();
    return this.inner.evaluate(inner, set);
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<WatchedState> {
    return this.#watched(await this.inner.combine(parts));
  }

  async save({ inner }: WatchedState, to: CheckpointWriter): Promise<void> {
    await this.inner.save(inner, {
      write: async (group, tensors) => {
        await to.write(group, tensors);
        if (group === 'weights') this.watch.inSave?.();
      },
    });
  }

  dispose(): Promise<void> {
    return this.inner.dispose();
  }

  #watched(inner: TrainerState): WatchedState {
    this.alive++;
    let disposed = false;
    return {
      inner,
      get step() {
        return inner.step;
      },
      dispose: () => {
        if (!disposed) this.alive--;
        disposed = true;
        inner.dispose();
      },
    };
  }
}
