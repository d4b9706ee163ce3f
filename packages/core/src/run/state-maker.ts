import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import type { MakeOperation, TrainOperation } from '../graph/operations.js';
import { type GraphNode, keyInside, objectiveIn } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import {
  MODEL,
  type ModelDescription,
  type StepMetrics,
  TRAINER,
  type Trainer,
  type TrainerState,
} from '../trainer/trainer.js';
import { batchesOf } from './batches.js';
import { RunEmitter } from './events.js';
import { openObjective } from './open-objective.js';
import { callTrainer, trainerError } from './run-errors.js';
import { type Meter, StopGuard } from './stop-guard.js';

/** Consecutively trained steps. */
export interface TrainedSteps {
  /** Key of the state after them. */
  readonly key: Digest;
  /** Metrics of every step; fewer than planned when the run was stopped. */
  readonly metrics: readonly StepMetrics[];
  readonly seconds: number;
  /** Counts the steps against the budget; to be closed when they are booked or discarded. */
  readonly meter: Meter;
}

/**
 * Makes states with the trainer: from a checkpoint, from the recipe of a root, or by training. The caller owns them.
 */
@injectable()
export class StateMaker {
  constructor(
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /** A state of another processor can only be read: made here, it would have other bits. It was stored when planned. */
  #assertOwn({ numerics, strategies, position }: GraphNode): void {
    if (numerics === this.plan.basis.numerics) return;
    const message = `the state of another processor at step ${position} is no longer stored`;
    const remedy = 'Run the same command again: it trains on this processor what is not stored.';
    throw new BranchlineError('trainer', { strategy: [...strategies].join(', '), message, remedy });
  }

  /** Reads a checkpoint. When it is damaged, it is set aside and a `damaged` error is thrown. */
  restore(key: Digest, strategies: ReadonlySet<string>): Promise<TrainerState> {
    const { trainer, run } = this;
    return callTrainer(strategies, 'restore', async () => trainer.restore(await run.store.open(key)));
  }

  /** Makes the state of a root. Its sources must be stored. */
  make({ node }: MakeOperation): Promise<TrainerState> {
    const { trainer, run } = this;
    this.#assertOwn(node);
    const recipe = node.recipe!;
    if (recipe.kind === 'init') {
      return callTrainer(node.strategies, 'initialize', () => trainer.initialize(recipe.seed));
    }
    if (recipe.kind === 'derived') {
      return callTrainer(node.strategies, 'combine', async () => {
        const parts = [];
        for (const { node: source, weight } of node.sources) {
          parts.push({ checkpoint: await run.store.open(source.key, ['weights']), weight });
        }
        return trainer.combine(parts);
      });
    }
    const { weights, optimizer, seed } = recipe;
    const [source] = node.sources;
    return callTrainer(node.strategies, 'restore', async () =>
      trainer.restore(await run.store.open(source!.node.key), { weights, optimizer, seed }),
    );
  }

  /**
   * Trains a state through the steps of an operation; fewer when the run is stopped. Throws a `trainer` error when a
   * step fails; the state must then be discarded, and earlier checkpoints remain.
   */
  async train(operation: TrainOperation, state: TrainerState): Promise<TrainedSteps> {
    const { segment, from, to } = operation;
    const { trainer, guard, events, plan } = this;
    this.#assertOwn(segment.to);
    const batch = batchesOf(segment, from, to, plan.orders, plan.graph.basis.batch);
    const metrics: StepMetrics[] = [];
    // Monotonic, unlike the clock for timestamps, which can be set back.
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    const objective = objectiveIn(segment);
    const meter = guard.meter(objective);
    try {
      const openState = (key: Digest) => this.run.store.open(key, ['weights']);
      const wanted = objective && (await openObjective(objective, this.model, openState));
      let stopped = false;
      for await (const { loss, gradNorm } of trainer.train(state, { ...batch, ...(wanted && { objective: wanted }) })) {
        const rate = batch.lr[metrics.length]!;
        if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
        metrics.push({ loss, gradNorm });
        events.emit('step', { segment, step: from + metrics.length - 1, rate, loss, gradNorm });
        stopped = meter.stopsAfter(metrics.length, seconds());
        if (stopped) break;
      }
      if (!stopped && metrics.length !== to - from) {
        throw new Error(`the trainer made ${metrics.length} steps of ${to - from}`);
      }
    } catch (cause) {
      meter.close();
      throw trainerError(segment.strategies, cause, { step: segment.from.position + from + metrics.length });
    }
    meter.pause();
    const done = from + metrics.length;
    const key = done === to ? operation.key : keyInside(segment, done, plan.graph.basis.batch);
    return { key, metrics, seconds: seconds(), meter };
  }
}
