/**
 * Records of training chunks: the ledger entry and the step metrics of each chunk, in one sealed file named by the id
 * of the entry. Ledger lines are derived from them: a missing or damaged line is booked again from its record.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setAside } from '../files/damaged.js';
import { removeLeftovers, writeFileAtomic } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import type { Segment } from '../graph/run-graph.js';
import { type Digest, digestBytes, isDigest, parseStored } from '../json.js';
import { type LedgerEntry, wrongInEntry } from '../ledger/entry.js';
import type { Ledger } from '../ledger/ledger.js';
import { type Fence, NO_FENCE } from '../lock/fence.js';
import type { StepMetrics } from '../trainer/trainer.js';

/** Record of a chunk of training between two stored states. */
export interface ChunkRecord {
  readonly entry: LedgerEntry;
  /** Loss of every step, in order. */
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
}

export class ChunkStore {
  private constructor(
    private readonly directory: string,
    private readonly onDamage: (message: string) => void,
    private readonly fence: Fence = NO_FENCE,
  ) {}

  /**
   * Opens a store, created if missing. Records found damaged when read are set aside under `damaged/` and reported to
   * `onDamage`; they count as missing.
   */
  static async open(directory: string, onDamage: (message: string) => void, fence?: Fence): Promise<ChunkStore> {
    await makeFolder(directory);
    await removeLeftovers(directory);
    return new ChunkStore(directory, onDamage, fence);
  }

  /** Writes a record. Must happen before its checkpoint is written, so that everything stored can be booked. */
  async write(entry: LedgerEntry, steps: readonly StepMetrics[]): Promise<void> {
    await this.put({
      entry,
      loss: steps.map(({ loss }) => loss),
      gradNorm: steps.map(({ gradNorm }) => gradNorm),
    });
  }

  /** Writes a record of another store. */
  async put(record: ChunkRecord): Promise<void> {
    const digest = digestBytes(JSON.stringify(record));
    this.fence();
    await writeFileAtomic(join(this.directory, `${record.entry.id}.json`), `${JSON.stringify({ digest, record })}\n`);
  }

  /** For reading only: the directory need not exist. Damaged records count as missing and are left where they are. */
  static look(directory: string): ChunkStore {
    return new ChunkStore(
      directory,
      () => {},
      () => {
        throw new Error(`${directory} is only read`);
      },
    );
  }

  /** The record of a ledger entry; undefined if it is missing or damaged. */
  async recordOf(id: Digest): Promise<ChunkRecord | undefined> {
    const text = await readFile(join(this.directory, `${id}.json`), 'utf8').catch(() => '');
    const record = recordIn(text);
    return record?.entry.id === id ? record : undefined;
  }

  /** Losses of the steps of a segment, in order; shorter at the front where records are missing. */
  async lossOf(segment: Segment): Promise<readonly number[]> {
    let losses: number[] = [];
    let key = segment.to.key;
    while (losses.length < segment.steps) {
      // Losses are used only for curves: a missing record leaves a gap and affects no model.
      const record = await this.#read(key);
      if (record === undefined) break;
      losses = [...record.loss, ...losses];
      key = record.entry.from;
    }
    return losses.slice(-segment.steps);
  }

  /**
   * Ledger entries that are missing although their states were stored, in training order. A state was stored if
   * `isStored` says so, or if something was trained from it. Records of other states belong to interrupted chunks and
   * are deleted. If the ledger was damaged, only the latest record can be such a chunk.
   */
  async unbooked(ledger: Ledger, isStored: (key: Digest) => boolean): Promise<readonly LedgerEntry[]> {
    const candidates: LedgerEntry[] = [];
    for (const name of (await readdir(this.directory)).sort()) {
      const id = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      if (id === undefined || ledger.has(id)) continue;
      const record = await this.#read(id);
      if (record !== undefined) candidates.push(record.entry);
    }
    candidates.sort((a, b) => (a.time === b.time ? a.at - b.at : a.time < b.time ? -1 : 1));
    const left = new Set([...ledger.entries, ...candidates].map(({ from }) => from));
    const cutOff = (entry: LedgerEntry) =>
      !isStored(entry.to) && !left.has(entry.to) && (!ledger.damaged || entry === candidates.at(-1));
    for (const { id } of candidates.filter(cutOff)) await rm(join(this.directory, `${id}.json`));
    return candidates.filter((entry) => !cutOff(entry));
  }

  async #read(id: Digest): Promise<ChunkRecord | undefined> {
    // Prevents reading arbitrary files: the id comes from another record.
    if (!isDigest(id)) return undefined;
    const path = join(this.directory, `${id}.json`);
    let text = '';
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT') return undefined;
      if (code !== 'EISDIR') throw error;
    }
    const record = recordIn(text);
    if (record?.entry.id === id) return record;
    await setAside(path, join(this.directory, '..', 'damaged'));
    this.onDamage(`${path} is damaged and was set aside: the loss curves lack its steps; no model depends on it`);
    return undefined;
  }
}

function recordIn(text: string): ChunkRecord | undefined {
  try {
    const { digest, record } = parseStored(text) as { digest: Digest; record: ChunkRecord };
    const sound = digestBytes(JSON.stringify(record)) === digest && wrongInEntry(record.entry) === undefined;
    return sound && areLosses(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Checks that there is one loss and one gradient norm per step. JSON stores non-finite values as null. */
function areLosses({ entry, loss, gradNorm }: ChunkRecord): boolean {
  const measured = (value: unknown) => value === null || typeof value === 'number';
  return [loss, gradNorm].every(
    (values) => Array.isArray(values) && values.length === Math.max(1, entry.steps) && values.every(measured),
  );
}
