import type {
  CheckpointReader,
  CheckpointWriter,
  SequenceSource,
  StepBatch,
  StepMetrics,
  Tensor,
  TensorGroup,
  Trainer,
  TrainerContext,
  TrainerState,
} from '@branchline/core';
import { philox4x32 } from '@branchline/core';
import { describeModel, type ModelSpec, modelSchema, optimizerSchema } from '@branchline/model';
import { tfjs } from '../src/define.js';
import type { TfjsTrainerOptions } from '../src/options.js';

/** A small model with several heads, groups and layers. */
export const tiny: ModelSpec = modelSchema.parse({
  layers: 2,
  width: 16,
  heads: 4,
  kvHeads: 2,
  hidden: 24,
  context: 8,
  vocabulary: 19,
  initStd: 0.2,
});

/** Sequences as a pure function of their ids: repeating patterns, which a model can learn. */
export function source(spec: ModelSpec): SequenceSource {
  const length = spec.context + 1;
  const words = new Uint32Array(4);
  return {
    context: spec.context,
    vocabulary: spec.vocabulary,
    read(ids) {
      const tokens = new Int32Array(ids.length * length);
      ids.forEach((id, row) => {
        philox4x32([id, 0, 0, 0], [1, 2], words);
        const period = 2 + (words[0]! % 5);
        for (let i = 0; i < length; i++)
          tokens[row * length + i] = ((words[1]! >>> 8) + 3 * (i % period)) % spec.vocabulary;
      });
      return tokens;
    },
  };
}

/** The context of a trainer of `spec`. */
export function contextOf(spec: ModelSpec, optimizer: object = {}): TrainerContext {
  return { model: describeModel(spec), optimizer: optimizerSchema.parse(optimizer), data: source(spec) };
}

/** `count` steps of `size` new sequences each, starting with sequence `first`. */
export function steps(count: number, size: number, first = 0, lr = 0.01): StepBatch {
  return {
    lr: new Float64Array(count).fill(lr),
    sequences: Array.from({ length: count }, (_, step) =>
      Uint32Array.from({ length: size }, (_unused, row) => first + step * size + row),
    ),
  };
}

/** Trains to the end and returns the metrics of each step. */
export async function train<S extends TrainerState>(
  trainer: Trainer<S>,
  state: S,
  batch: StepBatch,
): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const step of trainer.train(state, batch)) metrics.push(step);
  return metrics;
}

/** A checkpoint in memory. Its arrays start at odd addresses, as they can in a mapped file. */
export class MemoryCheckpoint implements CheckpointReader, CheckpointWriter {
  readonly key = 'memory';
  readonly step = 0;
  readonly #groups = new Map<TensorGroup, readonly Tensor[]>();

  get groups(): TensorGroup[] {
    return [...this.#groups.keys()];
  }

  async write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void> {
    const unaligned = (data: Uint8Array) => {
      const memory = new Uint8Array(data.length + 1);
      memory.set(data, 1);
      return memory.subarray(1);
    };
    this.#groups.set(
      group,
      tensors.map((tensor) => ({ ...tensor, data: unaligned(tensor.data) })),
    );
  }

  async read(group: TensorGroup): Promise<readonly Tensor[]> {
    return this.#groups.get(group) ?? [];
  }

  /** The same without one group. */
  without(group: TensorGroup): MemoryCheckpoint {
    const copy = new MemoryCheckpoint();
    for (const [name, tensors] of this.#groups) if (name !== group) copy.#groups.set(name, tensors);
    return copy;
  }
}

/** The state of a trainer as a checkpoint in memory. */
export async function saved<S extends TrainerState>(trainer: Trainer<S>, state: S): Promise<MemoryCheckpoint> {
  const checkpoint = new MemoryCheckpoint();
  await trainer.save(state, checkpoint);
  return checkpoint;
}

/** A trainer of `spec`. */
export const create = (options: TfjsTrainerOptions, spec: ModelSpec = tiny, optimizer: object = {}) =>
  tfjs(options).create(contextOf(spec, optimizer));

/** The bytes of an array, for comparisons. */
export const bytes = (array: Float32Array) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');

/** Largest difference between two arrays, as a share of the largest element of the second. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return difference / scale;
}
