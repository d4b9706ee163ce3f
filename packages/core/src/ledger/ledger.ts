/**
 * The ledger: an append-only file, one JSON line per stretch of training that is safely stored, chained by digest. A stretch
 * has one line however often it is needed; what is lost in a crash was not stored and has none.
 */
import { appendFile, open, readFile, truncate } from 'node:fs/promises';
import { BranchlineError } from '../errors.js';
import { canonicalJson, type Digest, digestBytes } from '../json.js';

/** A stretch of training between two stored states, or a plugin's charge. */
export interface LedgerEntry {
  /** `charge`: booked by a plugin. */
  readonly kind: 'train' | 'charge';
  /** Of this entry; no two entries of a ledger share one. */
  readonly id: Digest;
  /** Keys of the states at both ends; empty for a charge. */
  readonly from: Digest;
  readonly to: Digest;
  /** Key of the root of the lineage, and steps from there to `to`. */
  readonly root: Digest;
  readonly at: number;
  readonly steps: number;
  readonly tokens: number;
  /** Exact integer in decimal: sums stay exact beyond 2^53. */
  readonly flops: string;
  readonly deviceSeconds: number;
  readonly device: string;
  /** Strategies whose plans needed it when it was booked. */
  readonly requestedBy: readonly string[];
  /** When it was booked, ISO 8601. */
  readonly time: string;
  /** Who made a charge, and what for. */
  readonly plugin?: string;
  readonly version?: number;
  readonly note?: string;
}

/** A line of the file. `digest` covers everything else in the line and, by `previous`, all lines before. */
interface Line extends LedgerEntry {
  readonly previous: Digest;
  readonly digest: Digest;
}

const FIRST: Digest = '0'.repeat(64);

export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #ids = new Set<Digest>();
  #last: Digest = FIRST;

  private constructor(readonly path: string) {}

  /**
   * Opens a ledger to append to; a missing file is an empty one. A last line that was cut off in the middle of a write is
   * removed. Any other line that is altered, missing or doubled gives a BranchlineError that names it.
   */
  static async open(path: string): Promise<Ledger> {
    const { ledger, cut } = await Ledger.#load(path);
    if (cut !== undefined) await truncate(path, cut);
    return ledger;
  }

  /** Reads and verifies a ledger without touching the file, which another process may be writing. */
  static async read(path: string): Promise<readonly LedgerEntry[]> {
    return (await Ledger.#load(path)).ledger.entries;
  }

  /** `cut`: where the file must end when its last line is not complete. */
  static async #load(path: string): Promise<{ ledger: Ledger; cut: number | undefined }> {
    const ledger = new Ledger(path);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const complete = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.subarray(0, complete).toString('utf8').split('\n').slice(0, -1);
    for (const [index, text] of lines.entries()) ledger.#accept(parseLine(path, index, text, ledger.#last));
    return { ledger, cut: complete < bytes.length ? complete : undefined };
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  has(id: Digest): boolean {
    return this.#ids.has(id);
  }

  /** Appends an entry and waits until it is on the disk. An id that is there already is not booked twice. */
  async append(entry: LedgerEntry): Promise<void> {
    if (this.#ids.has(entry.id)) return;
    const body = { ...entry, previous: this.#last };
    const line: Line = { ...body, digest: digestBytes(canonicalJson(body)) };
    await appendFile(this.path, `${JSON.stringify(line)}\n`);
    const file = await open(this.path, 'r');
    await file.sync().finally(() => file.close());
    this.#accept(line);
  }

  #accept({ previous: _previous, digest, ...entry }: Line): void {
    this.#entries.push(entry);
    this.#ids.add(entry.id);
    this.#last = digest;
  }
}

function parseLine(path: string, index: number, text: string, previous: Digest): Line {
  const damaged = (message: string) =>
    new BranchlineError('store', {
      message: `${path}, line ${index + 1}: ${message}`,
      remedy: 'Restore the ledger from a backup, or remove the run directory and run again.',
    });
  let line: Line;
  try {
    line = JSON.parse(text) as Line;
  } catch {
    throw damaged('is not JSON');
  }
  const { digest, ...body } = line;
  if (body.previous !== previous)
    throw damaged('does not follow the line before it: a line is missing, doubled or moved');
  if (digestBytes(canonicalJson(body)) !== digest) throw damaged('was altered');
  return line;
}
