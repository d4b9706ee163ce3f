import type {
  CheckpointReader,
  CheckpointWriter,
  Tensor,
  TensorGroup,
  Trainer,
  TrainerContext,
  TrainerState,
} from '@branchline/core';
import { describeModel, type ModelSpec, modelSchema, optimizerSchema } from '@branchline/model';
import { patternSource } from '@branchline/testing';
import { tfjs } from '../src/define.js';
import type { TfjsTrainerOptions } from '../src/options.js';

export { distance, patternSource as source, steps, train } from '@branchline/testing';

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

/** The context of a trainer of `spec`. */
export function contextOf(spec: ModelSpec, optimizer: object = {}): TrainerContext {
  return { model: describeModel(spec), optimizer: optimizerSchema.parse(optimizer), data: patternSource(spec) };
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
