/** The test bench for trainers. */
import {
  type DataProvider,
  type ModelDescription,
  messageOf,
  type ObjectivePart,
  type OptimizerSpec,
  type StepBatch,
  type StepMetrics,
  type Trainer,
  type TrainerFactory,
  type TrainerState,
} from '@branchline/core';
import { differences, failed } from '../outcome.js';
import { syntheticData } from '../synthetic-data.js';
import { type MemoryCheckpoint, saved } from './checkpoint.js';

/** A correct model, which may be slow. Trainers must agree with it. */
export interface Reference {
  /**
   * Initial weights of a seed, in the order in which the trainer saves its arrays. If absent, they are not compared.
   */
  readonly initialize?: (seed: number) => readonly ArrayLike<number>[];
  /**
   * Negative log-likelihoods, in nats, of the `context` targets of one sequence of `context + 1` tokens. `weights` are
   * the trainer's, in the order in which it saves them.
   */
  readonly nll: (weights: readonly Float64Array[], tokens: Int32Array) => ArrayLike<number>;
  /**
   * Logits after each of the first `context` of these tokens, `context x vocabulary`, row-major. If absent,
   * distillation is not compared.
   */
  readonly logits?: (weights: readonly Float64Array[], tokens: Int32Array) => ArrayLike<number>;
}

/** The tests of a trainer. */
export interface TrainerTests {
  /** Keep it small: gradients of the reference are computed element by element. */
  readonly model: ModelDescription;
  /** What the trainer's steps can optimise, as in its definition. Default: nothing more than the loss of sequences. */
  readonly objectives?: readonly ObjectivePart[];
  /** Default: `syntheticData()`. Context and vocabulary must be those of the model. */
  readonly data?: DataProvider;
  readonly reference?: Reference;
  /**
   * Largest difference from the reference, relative to the largest value compared. Default 1e-4; bfloat16 needs more.
   */
  readonly tolerance?: number;
  /** Counts resources that must not accumulate: tensors, handles, processes. */
  readonly probe?: () => number | Promise<number>;
}

const OPTIMIZER: OptimizerSpec = {
  name: 'adamw',
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
};

/** Creates trainers and compares their states. */
export class Bench {
  readonly data: DataProvider;
  readonly tolerance: number;

  constructor(
    readonly factory: TrainerFactory,
    readonly tests: TrainerTests,
  ) {
    this.data = tests.data ?? syntheticData();
    this.tolerance = tests.tolerance ?? 1e-4;
  }

  /** Calls `work` with new trainers and disposes them afterwards. */
  async lend<T>(
    work: (...trainers: Trainer[]) => Promise<T>,
    count = 1,
    change: Partial<OptimizerSpec> = {},
  ): Promise<T> {
    const { model } = this.tests;
    const context = { model, optimizer: { ...OPTIMIZER, ...change }, data: this.data };
    const trainers: Trainer[] = [];
    try {
      for (let made = 0; made < count; made++) trainers.push(await this.factory.create(context));
      return await work(...trainers);
    } finally {
      for (const trainer of trainers) await trainer.dispose();
    }
  }

  /**
   * Differences of two states that should be equal: bit for bit, or within the tolerance if the trainer is not
   * deterministic.
   */
  compare(trainer: Trainer, was: MemoryCheckpoint, is: MemoryCheckpoint): readonly string[] {
    const steps = was.step === is.step ? [] : [`step: ${is.step} instead of ${was.step}`];
    if (trainer.describe().deterministic) {
      const groups = (['weights', 'optimizer'] as const).flatMap((group) =>
        differences(was.digests(group), is.digests(group), group),
      );
      return [...steps, ...groups];
    }
    const far = distance(is.weights, was.weights);
    return far <= this.tolerance ? steps : [...steps, `weights: ${far.toExponential(1)} apart`];
  }
}

/** A batch of `count` steps of `size` sequences each; ids count up from `first`. */
export function steps(count: number, size = 4, first = 0, rate = 0.01): StepBatch {
  return {
    lr: Float64Array.from({ length: count }, (_, step) => rate / (1 + step / 10)),
    sequences: Array.from({ length: count }, (_, step) =>
      Uint32Array.from({ length: size }, (_unused, row) => first + step * size + row),
    ),
  };
}

/** Trains all steps of a batch and returns their metrics. */
export async function train(trainer: Trainer, state: TrainerState, batch: StepBatch): Promise<readonly StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const { loss, gradNorm } of trainer.train(state, batch)) metrics.push({ loss, gradNorm });
  return metrics;
}

/** Trains a new state and saves it. */
export async function trained(trainer: Trainer, batch: StepBatch, seed = 1): Promise<MemoryCheckpoint> {
  const state = await trainer.initialize(seed);
  await train(trainer, state, batch);
  const checkpoint = await saved(trainer, state);
  state.dispose();
  return checkpoint;
}

/** Largest difference between numbers, relative to the largest expected one. */
export function distance(found: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): number {
  let [difference, scale] = [0, 0];
  for (const [index, values] of expected.entries()) {
    if (found[index]?.length !== values.length) return Number.POSITIVE_INFINITY;
    for (let i = 0; i < values.length; i++) {
      const apart = Math.abs(found[index][i]! - values[i]!);
      difference = Math.max(difference, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
      scale = Math.max(scale, Math.abs(values[i]!));
    }
  }
  return difference === 0 ? 0 : difference / scale;
}

/** The message of the error that a call throws; undefined when it throws none. */
export async function refusal(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Throws when the list of findings is not empty. */
export function assertNone(what: string, found: readonly string[], look: readonly string[]): void {
  if (found.length > 0) throw failed(what, found, look);
}
