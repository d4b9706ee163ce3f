/** States of a size that can be told from the headers around them, and the most that lay on the disk at once. */
import { access, constants, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor, TensorGroup } from '../src/index.js';
import { model, type ToyOptions, ToyTrainer } from './toy.js';

const PARAMETERS = 4096;

/** A model of which every state takes the same, known space: float32 weights and two moments. */
export const heavyModel = { ...model, parameters: PARAMETERS };

/** Bytes of a checkpoint without moments, headers left out; with moments it is three times as much. */
export const WEIGHTS = 4 * PARAMETERS;

/** A toy whose checkpoints are as large as those of `heavyModel`; looks at the disk whenever one was written. */
export class BallastTrainer extends ToyTrainer {
  /** Most bytes of checkpoints at once. */
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
    // The new files are there under their temporary name, and nothing was deleted for them yet.
    this.most = Math.max(this.most, await checkpointBytes(this.directory));
  }
}

function ballast(group: TensorGroup, tensors: readonly Tensor[]): Tensor {
  const wanted = PARAMETERS * (group === 'weights' ? 1 : 2);
  const length = wanted - tensors.reduce((sum, { data }) => sum + data.byteLength, 0) / 4;
  return { name: 'ballast', dtype: 'F32', shape: [length], data: new Uint8Array(4 * length) };
}

/** Bytes of tensors in the store of a run directory, those that are being written included. */
export async function checkpointBytes(directory: string): Promise<number> {
  const store = join(directory, 'checkpoints');
  const names = await readdir(store, { recursive: true });
  const files = names.filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(store, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Lends a new directory, in memory where the system has a file system there: a run waits for the disk after every
 * checkpoint, and these tests make thousands.
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
