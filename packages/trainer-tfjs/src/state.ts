import type { CheckpointReader, CheckpointWriter, Tensor, TrainerState } from '@branchline/core';
import { type Parameter, sizeOf } from '@branchline/model';
import { shared } from './batch.js';
import type { Slots } from './optimizer/vector.js';

/** Views of all parameters into an array that holds them concatenated. */
export function views(table: readonly Parameter[], flat: Float32Array): Float32Array[] {
  let start = 0;
  return table.map(({ shape }) => flat.subarray(start, (start += sizeOf(shape))));
}

/** Weights and AdamW's moments, in memory shared with worker threads. */
export class TfjsState implements TrainerState, Slots {
  weights: Float32Array;
  first: Float32Array;
  second: Float32Array;
  step = 0;

  /** All values are zero. */
  constructor(readonly table: readonly Parameter[]) {
    const size = table.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    this.weights = shared(Float32Array, size);
    this.first = shared(Float32Array, size);
    this.second = shared(Float32Array, size);
  }

  /** Frees the memory; a disposed state can no longer be used. */
  dispose(): void {
    this.weights = this.first = this.second = new Float32Array(0);
  }

  /** Throws if the state was disposed of. */
  assertAlive(): void {
    if (this.weights.length === 0) throw new Error('trainer-tfjs: this state was disposed of');
  }
}

const FIRST = 'exp_avg.';
const SECOND = 'exp_avg_sq.';
const STEP = 'step';

function toTensors(table: readonly Parameter[], flat: Float32Array, prefix: string): Tensor[] {
  return views(table, flat).map((values, index) => {
    const { name, shape } = table[index]!;
    // A copy: the state may be trained further while a writer still holds the bytes.
    return { name: prefix + name, dtype: 'F32', shape, data: new Uint8Array(Float32Array.from(values).buffer) };
  });
}

/** Writes weights under their Hugging Face names, and moments and step count as group `optimizer`. */
export async function saveState(state: TfjsState, to: CheckpointWriter): Promise<void> {
  await to.write('weights', toTensors(state.table, state.weights, ''));
  await to.write('optimizer', [
    ...toTensors(state.table, state.first, FIRST),
    ...toTensors(state.table, state.second, SECOND),
    { name: STEP, dtype: 'I32', shape: [1], data: new Uint8Array(Int32Array.of(state.step).buffer) },
  ]);
}

/** Tensors of a group by name. */
async function readGroup(checkpoint: CheckpointReader, group: 'weights' | 'optimizer'): Promise<Map<string, Tensor>> {
  return new Map((await checkpoint.read(group)).map((tensor) => [tensor.name, tensor]));
}

/** Copies one tensor into `target`. The tensor's memory need not be aligned. */
function copy(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  target: Float32Array,
): void {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`trainer-tfjs: the checkpoint has no ${name}`);
  if (tensor.dtype !== 'F32' || tensor.shape.join() !== shape.join() || tensor.data.byteLength !== target.byteLength) {
    const [wanted, found] = [shape, tensor.shape].map((dimensions) => `[${dimensions.join(', ')}]`);
    throw new Error(`trainer-tfjs: ${name} is ${tensor.dtype} ${found} in the checkpoint, not F32 ${wanted}`);
  }
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(tensor.data);
}

function fill(
  tensors: ReadonlyMap<string, Tensor>,
  table: readonly Parameter[],
  flat: Float32Array,
  prefix: string,
): void {
  views(table, flat).forEach((values, index) => {
    copy(tensors, prefix + table[index]!.name, table[index]!.shape, values);
  });
}

/** Fills `flat` with the weights of a checkpoint. */
export async function readWeights(
  checkpoint: CheckpointReader,
  table: readonly Parameter[],
  flat: Float32Array,
): Promise<void> {
  fill(await readGroup(checkpoint, 'weights'), table, flat, '');
}

/** Fills the moments and the step count of `state` from a checkpoint. */
export async function readOptimizer(checkpoint: CheckpointReader, state: TfjsState): Promise<void> {
  const tensors = await readGroup(checkpoint, 'optimizer');
  fill(tensors, state.table, state.first, FIRST);
  fill(tensors, state.table, state.second, SECOND);
  const step = tensors.get(STEP);
  if (step?.dtype !== 'I32' || step.data.byteLength !== 4) {
    throw new Error(`trainer-tfjs: the checkpoint has no ${STEP} of type I32`);
  }
  state.step = new DataView(step.data.buffer, step.data.byteOffset).getInt32(0, true);
}
