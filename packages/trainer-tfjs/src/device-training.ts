import type { OptimizerSpec } from '@branchline/core';
import type { ModelSpec } from '@branchline/model';
import type { DeviceArray, DeviceFunction } from '@branchline/tfjs-jit';
import { Batch } from './batch.js';
import { program } from './decoder.js';
import { coefficients, evaluationProgram, gradientProgram, updateProgram } from './device-programs.js';
import type { Evaluation, Training } from './engine.js';
import { FirstRun } from './first-run.js';
import type { AdamwStep } from './optimizer/adamw.js';
import { compile, free, PROVIDER, Resident } from './resident.js';
import { type TfjsState, views } from './state.js';

/**
 * Training steps on the device, optimizer included, for batches of a fixed size. State and gradient stay on the device;
 * until `release`, host memory holds the state before the first step. One call at a time.
 */
export class DeviceTraining implements Training {
  #gradient: readonly DeviceArray[] = [];

  private constructor(
    readonly batch: Batch,
    private readonly spec: ModelSpec,
    private readonly optimizer: OptimizerSpec,
    private readonly resident: Resident,
    private readonly backward: DeviceFunction,
    private readonly adamw: DeviceFunction,
    private readonly check: FirstRun,
  ) {}

  static async create(spec: ModelSpec, optimizer: OptimizerSpec, sequences: number): Promise<DeviceTraining> {
    return new DeviceTraining(
      new Batch(sequences, spec.context, spec.vocabulary),
      spec,
      optimizer,
      await Resident.create(spec, ['weights', 'first', 'second'], 'change'),
      await compile(gradientProgram(spec, sequences)),
      await compile(updateProgram(spec, optimizer)),
      new FirstRun(PROVIDER, program('train', spec, sequences)),
    );
  }

  async gradient(state: TfjsState): Promise<number> {
    const [matrices, others] = await this.resident.take(state);
    const { tokens, targets, factors, nll } = this.batch;
    const norm = new Float32Array(1);
    this.#forget();
    this.#gradient = await this.backward.run([tokens, targets, factors, matrices!, others!], [nll, norm]);
    // Before the first step, host memory and device hold the same weights.
    await this.check.compare(
      () => [tokens, targets, factors, ...views(state.table, state.weights)],
      ([losses, ...gradients]) => [
        [nll, losses!],
        [norm, Float32Array.of(Math.hypot(...gradients.map((gradient) => lengthOf(gradient))))],
      ],
    );
    return norm[0]!;
  }

  async update(step: AdamwStep): Promise<void> {
    const { arrays } = this.resident;
    const scalars = coefficients(this.spec, this.optimizer, step);
    this.resident.replace(await this.adamw.run([...scalars, ...this.#gradient, ...arrays]));
    this.#forget();
  }

  /** Copies the current state back to host memory and frees device memory. */
  async release(): Promise<void> {
    this.#forget();
    await this.resident.release();
  }

  async dispose(): Promise<void> {
    this.#forget();
    for (const part of [this.resident, this.backward, this.adamw]) await part.dispose();
  }

  #forget(): void {
    free(this.#gradient);
    this.#gradient = [];
  }
}

/** Losses on the device, for batches of a fixed size. Weights stay there until `release`. One call at a time. */
export class DeviceEvaluation implements Evaluation {
  private constructor(
    readonly batch: Batch,
    private readonly resident: Resident,
    private readonly forward: DeviceFunction,
    private readonly check: FirstRun,
  ) {}

  static async create(spec: ModelSpec, sequences: number): Promise<DeviceEvaluation> {
    return new DeviceEvaluation(
      new Batch(sequences, spec.context, spec.vocabulary),
      await Resident.create(spec, ['weights'], 'read'),
      await compile(evaluationProgram(spec, sequences)),
      new FirstRun(PROVIDER, program('evaluate', spec, sequences)),
    );
  }

  async run(state: TfjsState): Promise<void> {
    const [matrices, others] = await this.resident.take(state);
    const { tokens, targets, nll } = this.batch;
    await this.forward.run([tokens, targets, matrices!, others!], [nll]);
    if (Resident.isTraining(state)) return;
    await this.check.compare(
      () => [tokens, targets, ...views(state.table, state.weights)],
      ([losses]) => [[nll, losses!]],
    );
  }

  /** Frees the weights on the device. */
  release(): Promise<void> {
    return this.resident.release();
  }

  async dispose(): Promise<void> {
    await this.resident.dispose();
    await this.forward.dispose();
  }
}

/** The L2 norm. */
function lengthOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}
