/**
 * What was trained, stretch by stretch: its entry of the ledger and the losses of its steps, one sealed file each under
 * the id of the entry. They are the originals of the ledger's lines: one that was not written, or is damaged, is booked
 * again from here.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setAside } from '../files/damaged.js';
import { removeLeftovers, writeFileAtomic } from '../files/durable.js';
import type { Segment } from '../graph/run-graph.js';
import { type Digest, digestBytes, isDigest, parseStored } from '../json.js';
import { type LedgerEntry, wrongInEntry } from '../ledger/entry.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StepMetrics } from '../trainer/trainer.js';

/** A stretch of training. */
export interface ChunkRecord {
  readonly entry: LedgerEntry;
  /** Of every step, in order. */
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
}

export class ChunkStore {
  private constructor(
    private readonly directory: string,
    private readonly onDamage: (message: string) => void,
  ) {}

  /**
   * A record that turns out damaged when it is read is set aside under `damaged/` and told to `onDamage`; it counts as
   * missing.
   */
  static async open(directory: string, onDamage: (message: string) => void): Promise<ChunkStore> {
    await mkdir(directory, { recursive: true });
    await removeLeftovers(directory);
    return new ChunkStore(directory, onDamage);
  }

  /** Writes a record before its checkpoint: what is stored can always be booked. */
  async write(entry: LedgerEntry, steps: readonly StepMetrics[]): Promise<void> {
    const record: ChunkRecord = {
      entry,
      loss: steps.map(({ loss }) => loss),
      gradNorm: steps.map(({ gradNorm }) => gradNorm),
    };
    const digest = digestBytes(JSON.stringify(record));
    await writeFileAtomic(join(this.directory, `${entry.id}.json`), `${JSON.stringify({ digest, record })}\n`);
  }

  /** Losses of the steps of a segment, in order; shorter at the front where records are missing. */
  async lossOf(segment: Segment): Promise<readonly number[]> {
    let losses: number[] = [];
    let key = segment.to.key;
    while (losses.length < segment.steps) {
      // Curves are for looking at: a missing record leaves a gap, and no bit depends on it.
      const record = await this.#read(key);
      if (record === undefined) break;
      losses = [...record.loss, ...losses];
      key = record.entry.from;
    }
    return losses.slice(-segment.steps);
  }

  /**
   * Entries that a ledger lacks though their states were stored, in order of training. `isStored` says whether a state
   * is in the store now; one that something was trained from was stored once. The rest are stretches that were cut off
   * before their state was stored, and are forgotten, unless the ledger was damaged: then only the latest can be one.
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
    // A record names the one before it, and could name any file.
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

/** One of each for every step; JSON writes what is not finite as null. */
function areLosses({ entry, loss, gradNorm }: ChunkRecord): boolean {
  const measured = (value: unknown) => value === null || typeof value === 'number';
  return [loss, gradNorm].every(
    (values) => Array.isArray(values) && values.length === Math.max(1, entry.steps) && values.every(measured),
  );
}
