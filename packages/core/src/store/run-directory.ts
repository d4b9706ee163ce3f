import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { token } from '../di.js';
import { BranchlineError, messageOf } from '../errors.js';
import { removeLeftovers } from '../files/durable.js';
import { Ledger } from '../ledger/ledger.js';
import { CheckpointStore } from './checkpoint-store.js';
import { EvaluationStore } from './evaluations.js';
import { type DirectoryLock, lockDirectory } from './lock.js';
import { ChunkStore } from './training-chunks.js';

/** All stored data of an experiment, open in the process that holds the lock. */
export interface RunDirectory {
  readonly directory: string;
  readonly store: CheckpointStore;
  readonly ledger: Ledger;
  readonly chunks: ChunkStore;
  readonly evaluations: EvaluationStore;
  readonly lock: DirectoryLock;
}

export const RUN_DIRECTORY = token<RunDirectory>('run-directory');

/**
 * Locks and opens a run directory, created if missing, calls `work` with it and releases the lock. File system errors
 * become BranchlineErrors that name the directory.
 */
export async function withRunDirectory<T>(
  directory: string,
  warn: (message: string) => void,
  work: (run: RunDirectory) => Promise<T>,
): Promise<T> {
  let lock: DirectoryLock | undefined;
  try {
    await mkdir(directory, { recursive: true });
    lock = await lockDirectory(directory, () =>
      warn(`${directory} is in use; waiting for the other process to finish`),
    );
    await removeLeftovers(directory);
    return await work({
      directory,
      store: await CheckpointStore.open(join(directory, 'checkpoints'), warn),
      ledger: await Ledger.open(join(directory, 'ledger.jsonl'), warn),
      chunks: await ChunkStore.open(join(directory, 'stretches'), warn),
      evaluations: await EvaluationStore.open(join(directory, 'evaluations')),
      lock,
    });
  } catch (cause) {
    if (cause instanceof BranchlineError || (cause as { syscall?: string }).syscall === undefined) throw cause;
    const remedy = 'What is stored is safe. Fix this and run the same command again.';
    throw new BranchlineError('store', { message: `${directory}: ${messageOf(cause)}`, remedy }, { cause });
  } finally {
    await lock?.release();
  }
}
