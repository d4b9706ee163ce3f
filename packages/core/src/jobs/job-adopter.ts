import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import type { Digest } from '../json.js';
import type { LedgerEntry } from '../ledger/entry.js';
import { Ledger } from '../ledger/ledger.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { RunEmitter } from '../run/events.js';
import { EvaluationStore } from '../store/evaluations.js';
import { RUN_DIRECTORY, type RunDirectory, withRunDirectory } from '../store/run-directory.js';
import { type ChunkRecord, ChunkStore } from '../store/training-chunks.js';
import { jobFolder, jobFolders, logOf } from './job-folder.js';

/**
 * Takes over what jobs stored: records and evaluations, which are booked, and checkpoints. Each step can be repeated
 * after a kill.
 */
@injectable()
export class JobAdopter {
  constructor(
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /** Keys of the states whose jobs have a folder. */
  folders(): Promise<readonly Digest[]> {
    return jobFolders(this.run.directory);
  }

  /** Books what a job stored by now, also while it works. Returns the training that was new, in order. */
  async book(state: Digest): Promise<readonly ChunkRecord[]> {
    const folder = jobFolder(this.run.directory, state);
    // A damaged ledger is mended by the job, or when the job has ended.
    const entries = await Ledger.read(join(folder, 'ledger.jsonl')).catch(() => []);
    return this.#book(folder, entries);
  }

  /**
   * Takes over everything from a job that is not in the queue. Returns the training that was new. Throws a `locked`
   * error if the job still works.
   */
  takeOver(state: Digest): Promise<readonly ChunkRecord[]> {
    const { run, events } = this;
    const folder = jobFolder(run.directory, state);
    const warn = (message: string) => void events.emit('warning', message);
    return withRunDirectory(folder, warn, async (job) => {
      const unbooked = await job.chunks.unbooked(job.ledger, (key) => job.store.has(key));
      const records = await this.#book(folder, [...job.ledger.entries, ...unbooked]);
      for (const { key } of job.store.list()) await run.store.adopt(job.store, key);
      return records;
    });
  }

  /** Takes over from all jobs that are not running, and removes their folders. A run without a queue begins with it. */
  async takeOverAll(): Promise<void> {
    for (const state of await this.folders()) {
      try {
        await this.takeOver(state);
        await this.remove(state);
      } catch (error) {
        if (!(error instanceof BranchlineError) || error.code !== 'locked') throw error;
        const message = `the job that makes ${state.slice(0, 12)} is still running: what it trains may be trained here too`;
        this.events.emit('warning', message);
      }
    }
  }

  /** Removes the folder of a job, and what it had stored. */
  async remove(state: Digest): Promise<void> {
    await rm(jobFolder(this.run.directory, state), { recursive: true, force: true });
  }

  /** Removes everything from the folder of a job but its output, which may say why it did not do its work. */
  async removeButLog(state: Digest): Promise<void> {
    const folder = jobFolder(this.run.directory, state);
    const log = basename(logOf(this.run.directory, state));
    for (const name of (await readdir(folder)).filter((one) => one !== log)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async #book(folder: string, entries: readonly LedgerEntry[]): Promise<readonly ChunkRecord[]> {
    const { run, ledgerWriter } = this;
    const chunks = ChunkStore.look(join(folder, 'stretches'));
    const records: ChunkRecord[] = [];
    for (const entry of entries) {
      if (entry.kind !== 'train' || run.ledger.has(entry.id)) continue;
      const record = await chunks.recordOf(entry.id);
      if (record === undefined) continue;
      await run.chunks.put(record);
      await ledgerWriter.append(entry);
      records.push(record);
    }
    for (const entry of await run.evaluations.take(EvaluationStore.look(join(folder, 'evaluations')))) {
      await ledgerWriter.append(entry);
    }
    return records;
  }
}
