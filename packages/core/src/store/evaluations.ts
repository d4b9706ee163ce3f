import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers, writeFileAtomic } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import { type Digest, digestBytes, parseStored } from '../json.js';
import { type LedgerEntry, wrongInEntry } from '../ledger/entry.js';
import type { Ledger } from '../ledger/ledger.js';
import { type Fence, NO_FENCE } from '../lock/fence.js';
import { isPlainObject } from '../plain-object.js';
import type { EvaluationResult } from '../trainer/trainer.js';

/** A completed evaluation with its ledger entry. */
export interface EvaluationRecord {
  readonly results: readonly EvaluationResult[];
  readonly entry: LedgerEntry;
}

/** Completed evaluations by checkpoint and evaluation set. Unreadable ones count as missing and are repeated. */
export class EvaluationStore {
  private constructor(
    private readonly directory: string,
    private readonly fence: Fence = NO_FENCE,
  ) {}

  /** Opens a store, created if missing. */
  static async open(directory: string, fence?: Fence): Promise<EvaluationStore> {
    await makeFolder(directory);
    await removeLeftovers(directory);
    return new EvaluationStore(directory, fence);
  }

  /** For reading only: creates and removes nothing, and the directory need not exist. */
  static look(directory: string): EvaluationStore {
    return new EvaluationStore(directory);
  }

  async read(checkpoint: Digest, set: Digest): Promise<EvaluationRecord | undefined> {
    try {
      const { digest, record } = parseStored(await readFile(this.#path(checkpoint, set), 'utf8')) as {
        digest: Digest;
        record: EvaluationRecord;
      };
      const sound = digestBytes(JSON.stringify(record)) === digest && wrongInEntry(record.entry) === undefined;
      return sound && areResults(record.results) ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Entries of stored evaluations that a ledger lacks. */
  async unbooked(ledger: Ledger): Promise<readonly LedgerEntry[]> {
    const found: LedgerEntry[] = [];
    for (const name of (await readdir(this.directory)).sort()) {
      const [, checkpoint, set] = /^([0-9a-f]{64})-([0-9a-f]{16})\.json$/.exec(name) ?? [];
      const record = checkpoint && set ? await this.read(checkpoint, set) : undefined;
      if (record !== undefined && !ledger.has(record.entry.id)) found.push(record.entry);
    }
    return found;
  }

  async write(checkpoint: Digest, set: Digest, record: EvaluationRecord): Promise<void> {
    const digest = digestBytes(JSON.stringify(record));
    this.fence();
    await writeFileAtomic(this.#path(checkpoint, set), `${JSON.stringify({ digest, record })}\n`);
  }

  #path(checkpoint: Digest, set: Digest): string {
    return join(this.directory, `${checkpoint}-${set.slice(0, 16)}.json`);
  }
}

function areResults(results: unknown): boolean {
  const isAmount = (value: unknown) => Number.isFinite(value) && (value as number) >= 0;
  return (
    Array.isArray(results) &&
    results.length > 0 &&
    results.every(
      (one: unknown) =>
        isPlainObject(one) &&
        typeof one.domain === 'string' &&
        Number.isFinite(one.nll) &&
        [one.version, one.tokens, one.bytes].every(isAmount),
    )
  );
}
