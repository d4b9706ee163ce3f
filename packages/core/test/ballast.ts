/** States of known size, and a trainer that tracks the peak of checkpoint bytes on disk. */
import { access, constants, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor, TensorGroup } from '../src/index.js';
import { model, type ToyOptions, ToyTrainer } from './toy.js';

const PARAMETERS = 4096;

/** A model whose states all have the same known size: float32 weights and two moments. */
export const heavyModel = { ...model, parameters: PARAMETERS };

/** Bytes of a checkpoint without moments, excluding headers; three times as much with moments. */
export const WEIGHTS = 4 * PARAMETERS;

/** A toy trainer with checkpoints of the size of `heavyModel`; measures the disk after every save. */
export class BallastTrainer extends ToyTrainer {
  /** Peak bytes of checkpoints. */
  most = 0;

  constructor(
    private readonly directory: string,
    options: ToyOptions = {},
  ) {
    super(options);
  }

  override async save(
    state: Parameters<ToyTrainer['save']>[0],
    to: { write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void> },
  ): Promise<void> {
    await super.save(state, { write: (group, tensors) => to.write(group, [...tensors, ballast(group, tensors)]) });
    // The new files exist under a temporary name, and nothing was deleted for them yet.
    this.most = Math.max(this.most, await checkpointBytes(this.directory));
  }
}

function ballast(group: TensorGroup, tensors: readonly Tensor[]): Tensor {
  const wanted = PARAMETERS * (group === 'weights' ? 1 : 2);
  const length = wanted - tensors.reduce((sum, { data }) => sum + data.byteLength, 0) / 4;
  return { name: 'ballast', dtype: 'F32', shape: [length], data: new Uint8Array(4 * length) };
}

/** Bytes of tensors in the store of a run directory, including those being written. */
export async function checkpointBytes(directory: string): Promise<number> {
  const store = join(directory, 'checkpoints');
  const names = await readdir(store, { recursive: true });
  const files = names.filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(store, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Calls `work` with a new directory, in a memory file system where there is one: runs sync the disk after every
 * checkpoint, and these tests write thousands.
 */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const memory = '/dev/shm';
  const parent = await access(memory, constants.W_OK).then(
    () => memory,
    () => tmpdir(),
  );
  const directory = await mkdtemp(join(parent, 'branchline-core-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
