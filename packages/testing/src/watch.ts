/** Watches any trainer and can end a run at a chosen call. */
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

/** Callbacks of a watched trainer. Their errors pass through the trainer. */
export interface TrainerWatch {
  /** Called after every step, before its result is yielded. `made` counts steps so far. */
  readonly afterStep?: (made: number) => void;
  /** Called during every save: weights are written, the optimizer is not. */
  readonly inSave?: () => void;
  /** Called before every evaluation. */
  readonly beforeEvaluation?: () => void;
}

/** Wraps a state of the watched trainer. */
export interface WatchedState extends TrainerState {
  readonly inner: TrainerState;
}

/** Forwards all calls to another trainer and counts them. */
export class WatchedTrainer implements Trainer<WatchedState> {
  /** Steps made. */
  made = 0;
  /** Only the steps of the plan are counted and cut. */
  readonly warmUpSteps = 0;
  /** States that are not disposed yet. */
  alive = 0;
  /** The parts requested by each `restore`, in order. */
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
      ...(to.writeFile && {
        writeFile: async (group, write) => {
          await to.writeFile!(group, write);
          if (group === 'weights') this.watch.inSave?.();
        },
      }),
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
