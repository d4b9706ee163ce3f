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
    private readonly below?: EvaluationStore,
  ) {}

  /** Opens a store, created if missing. `below`: a store that is read where this one has nothing. */
  static async open(directory: string, fence?: Fence, below?: EvaluationStore): Promise<EvaluationStore> {
    await makeFolder(directory);
    await removeLeftovers(directory);
    return new EvaluationStore(directory, fence, below);
  }

  /** For reading only: creates and removes nothing, and the directory need not exist. */
  static look(directory: string): EvaluationStore {
    return new EvaluationStore(directory);
  }

  async read(checkpoint: Digest, set: Digest): Promise<EvaluationRecord | undefined> {
    return (await this.#read(checkpoint, set)) ?? this.below?.read(checkpoint, set);
  }

  /** Writes every evaluation of another store that is missing here. Returns the entries of all of them. */
  async take(other: EvaluationStore): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    for (const [checkpoint, set] of await other.#stored()) {
      const record = await other.#read(checkpoint, set);
      if (record === undefined) continue;
      if ((await this.#read(checkpoint, set)) === undefined) await this.write(checkpoint, set, record);
      entries.push(record.entry);
    }
    return entries;
  }

  async #read(checkpoint: Digest, set: Digest): Promise<EvaluationRecord | undefined> {
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
    for (const [checkpoint, set] of await this.#stored()) {
      const record = await this.#read(checkpoint, set);
      if (record !== undefined && !ledger.has(record.entry.id)) found.push(record.entry);
    }
    return found;
  }

  /** State, and the beginning of the digest of the set, of every stored evaluation. */
  async #stored(): Promise<readonly (readonly [Digest, Digest])[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.sort().flatMap((name) => {
      const [, checkpoint, set] = /^([0-9a-f]{64})-([0-9a-f]{16})\.json$/.exec(name) ?? [];
      return checkpoint && set ? [[checkpoint, set] as const] : [];
    });
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
