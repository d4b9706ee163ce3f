/** Checkpoints in memory. */
import {
  type CheckpointReader,
  type CheckpointWriter,
  digestBytes,
  type Tensor,
  type TensorGroup,
  type Trainer,
  type TrainerState,
} from '@branchline/core';

/** A checkpoint without a file. Its arrays start at odd addresses, as they may in a mapped file. */
export class MemoryCheckpoint implements CheckpointReader, CheckpointWriter {
  readonly key = 'memory';
  readonly #groups = new Map<TensorGroup, readonly Tensor[]>();

  constructor(readonly step: number) {}

  get groups(): readonly TensorGroup[] {
    return [...this.#groups.keys()];
  }

  async write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void> {
    this.#groups.set(
      group,
      tensors.map((tensor) => ({ ...tensor, data: unaligned(tensor.data) })),
    );
  }

  async read(group: TensorGroup): Promise<readonly Tensor[]> {
    return this.#groups.get(group) ?? [];
  }

  /** A copy with the weights only. */
  get weightsAlone(): MemoryCheckpoint {
    const copy = new MemoryCheckpoint(this.step);
    copy.#groups.set('weights', this.#groups.get('weights') ?? []);
    return copy;
  }

  /** A copy with `change` applied to every weight. */
  withWeights(change: (value: number) => number): MemoryCheckpoint {
    const copy = new MemoryCheckpoint(this.step);
    for (const [group, tensors] of this.#groups) copy.#groups.set(group, tensors);
    const changed = (this.#groups.get('weights') ?? []).map((tensor) => ({
      ...tensor,
      dtype: 'F32' as const,
      data: new Uint8Array(Float32Array.from(valuesOf(tensor), change).buffer),
    }));
    copy.#groups.set('weights', changed);
    return copy;
  }

  /** Digests of all arrays of a group by name. */
  digests(group: TensorGroup): Readonly<Record<string, string>> {
    return Object.fromEntries(
      (this.#groups.get(group) ?? []).map(({ name, dtype, shape, data }) => [
        name,
        `${dtype} [${shape.join(', ')}] ${digestBytes(data).slice(0, 12)}`,
      ]),
    );
  }

  /** The weights as numbers, array by array. */
  get weights(): readonly Float64Array[] {
    return (this.#groups.get('weights') ?? []).map(valuesOf);
  }

  /** Largest relative error of one rounding to the type of an array of weights. */
  precision(at: number): number {
    return this.#groups.get('weights')![at]!.dtype === 'BF16' ? 2 ** -8 : 2 ** -24;
  }

  /** Dimensions of the weights, array by array. */
  get shapes(): readonly (readonly number[])[] {
    return (this.#groups.get('weights') ?? []).map(({ shape }) => shape);
  }
}

function unaligned(data: Uint8Array): Uint8Array {
  const memory = new Uint8Array(data.length + 1);
  memory.set(data, 1);
  return memory.subarray(1);
}

/** Saves a state to memory. */
export async function saved(trainer: Trainer, state: TrainerState): Promise<MemoryCheckpoint> {
  const checkpoint = new MemoryCheckpoint(state.step);
  await trainer.save(state, checkpoint);
  return checkpoint;
}

/** The numbers of an array. Weights are F32 or BF16. */
function valuesOf({ name, dtype, data }: Tensor): Float64Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (dtype) {
    case 'F32':
      return Float64Array.from({ length: data.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
    case 'BF16': {
      // The upper half of a float32.
      const word = new DataView(new ArrayBuffer(4));
      return Float64Array.from({ length: data.length / 2 }, (_, index) => {
        word.setUint16(2, view.getUint16(2 * index, true), true);
        return word.getFloat32(0, true);
      });
    }
    default:
      throw new Error(`weights are F32 or BF16, and ${name} is ${dtype}`);
  }
}
