import { join } from 'node:path';
import { token } from '../di.js';
import { BranchlineError, messageOf } from '../errors.js';
import { diskError } from '../files/disk-errors.js';
import { removeLeftovers } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import type { Digest } from '../json.js';
import { Ledger } from '../ledger/ledger.js';
import { type DirectoryLock, lockDirectory } from '../lock/lock.js';
import { CheckpointStore } from './checkpoint-store.js';
import { EvaluationStore } from './evaluations.js';
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

/** What a job reads of the run that it works for, and never changes. */
export interface Below {
  readonly checkpoints: readonly CheckpointStore[];
  readonly evaluations: EvaluationStore;
  /** Ids of the ledger's entries. */
  readonly booked: ReadonlySet<Digest>;
}

/**
 * Locks and opens a run directory, created if missing, calls `work` with it and releases the lock. Aborting `signal`
 * ends the waiting for another process. File system errors become BranchlineErrors that name the directory.
 */
export async function withRunDirectory<T>(
  directory: string,
  warn: (message: string) => void,
  work: (run: RunDirectory) => Promise<T>,
  signal?: AbortSignal,
  below?: Below,
): Promise<T> {
  let lock: DirectoryLock | undefined;
  try {
    await makeFolder(directory);
    lock = await lockDirectory(directory, { onWait: warn, signal });
    await removeLeftovers(directory);
    const fence = () => lock!.assertHeld();
    return await work({
      directory,
      store: await CheckpointStore.open(join(directory, 'checkpoints'), warn, fence, below?.checkpoints),
      ledger: await Ledger.open(join(directory, 'ledger.jsonl'), warn, fence, below?.booked),
      chunks: await ChunkStore.open(join(directory, 'stretches'), warn, fence),
      evaluations: await EvaluationStore.open(join(directory, 'evaluations'), fence, below?.evaluations),
      lock,
    });
  } catch (cause) {
    if (cause instanceof BranchlineError || (cause as { syscall?: string }).syscall === undefined) throw cause;
    const full = diskError(cause, directory);
    if (full !== undefined) throw full;
    const remedy = 'What is stored is safe. Fix this and run the same command again.';
    throw new BranchlineError('store', { message: `${directory}: ${messageOf(cause)}`, remedy }, { cause });
  } finally {
    await lock?.release();
  }
}
