/**
 * The ledger: an append-only file, one JSON line per entry, chained by digest. A stretch of training has one line
 * however often it is needed; what is lost in a crash was not stored and has none.
 */
import { appendFile, open, readFile, truncate } from 'node:fs/promises';
import { BranchlineError } from '../errors.js';
import { setAside } from '../files/damaged.js';
import { writeFileAtomic } from '../files/durable.js';
import { canonicalJson, type Digest, digestBytes, digestJson, type JsonValue, parseStored } from '../json.js';
import { isPlainObject } from '../plain-object.js';
import { type LedgerEntry, wrongInEntry } from './entry.js';

/** A line of the file. `digest` covers everything else in the line and, by `previous`, all lines before. */
interface Line extends LedgerEntry {
  readonly previous: Digest;
  readonly digest: Digest;
}

const FIRST: Digest = '0'.repeat(64);

/** What a file holds: entries up to the first line that is damaged, and where they end. */
interface Contents {
  readonly lines: readonly Line[];
  /** Bytes of those lines. */
  readonly end: number;
  /** Bytes of the file. */
  readonly size: number;
  readonly damage: { readonly line: number; readonly message: string } | undefined;
}

export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #ids = new Set<Digest>();
  readonly #trained = new Map<Digest, number>();
  #last: Digest = FIRST;
  /** What went wrong in a write: the file may end in a part of a line, and nothing may be written behind it. */
  #broken: Error | undefined;

  private constructor(
    readonly path: string,
    /** True when the file was damaged, so that lines are missing which nobody but the records knows of. */
    readonly damaged: boolean,
  ) {}

  /**
   * Opens a ledger to append to; a missing file is an empty one. A last line that was cut off in the middle of a write
   * is removed. With any other line that is altered, missing or doubled the file is set aside under `damaged/`, the
   * lines before it are kept, and `onDamage` is told: what they said is to be booked again from the records of
   * stretches and evaluations.
   */
  static async open(path: string, onDamage: (message: string) => void): Promise<Ledger> {
    const { lines, end, size, damage } = await readLines(path);
    if (damage !== undefined) {
      const kept = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await setAside(path);
      await writeFileAtomic(path, kept);
      onDamage(
        `${path}, line ${damage.line}: ${damage.message}. The file was set aside under damaged/; ${lines.length} lines before it are kept, and those behind it are booked again from what each stretch recorded`,
      );
    } else if (end < size) await truncate(path, end);
    const ledger = new Ledger(path, damage !== undefined);
    for (const line of lines) ledger.#accept(line);
    return ledger;
  }

  /**
   * Reads and verifies a ledger without touching the file, which another process may be writing. Throws when a line is
   * damaged.
   */
  static async read(path: string): Promise<readonly LedgerEntry[]> {
    const { lines, damage } = await readLines(path);
    if (damage === undefined) return lines.map(entryOf);
    throw new BranchlineError('store', {
      message: `${path}, line ${damage.line}: ${damage.message}`,
      remedy: 'Run the experiment again: it sets the file aside and books what is damaged again from its records.',
    });
  }

  /** Notes how long the file is, so that lines that are lost at its end are missed at the next start. */
  async seal(): Promise<void> {
    const seal: Seal = { lines: this.#entries.length, digest: this.#last };
    await writeFileAtomic(sealOf(this.path), `${JSON.stringify(seal)}\n`);
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  has(id: Digest): boolean {
    return this.#ids.has(id);
  }

  /**
   * The id of the next entry for a stretch that leads to a state: a stretch can be trained again when its state was
   * lost.
   */
  idOfChunk(to: Digest): Digest {
    const times = this.#trained.get(to) ?? 0;
    return times === 0 ? to : digestJson({ again: to, times });
  }

  /**
   * Appends an entry and waits until it is on the disk. An id that is there already is not booked twice. Behind a write
   * that failed nothing is written.
   */
  async append(entry: LedgerEntry): Promise<void> {
    if (this.#ids.has(entry.id)) return;
    if (this.#broken !== undefined) throw this.#broken;
    const body = { ...entry, previous: this.#last };
    const line: Line = { ...body, digest: digestBytes(canonicalJson(body as unknown as JsonValue)) };
    try {
      await appendFile(this.path, `${JSON.stringify(line)}\n`);
      const file = await open(this.path, 'r');
      await file.sync().finally(() => file.close());
    } catch (error) {
      this.#broken = error as Error;
      throw error;
    }
    this.#accept(line);
  }

  #accept(line: Line): void {
    const entry = entryOf(line);
    this.#entries.push(entry);
    this.#ids.add(entry.id);
    if (entry.kind === 'train') this.#trained.set(entry.to, (this.#trained.get(entry.to) ?? 0) + 1);
    this.#last = line.digest;
  }
}

function entryOf({ previous: _previous, digest: _digest, ...entry }: Line): LedgerEntry {
  return entry;
}

/** How long a ledger was when it was sealed, and the digest of its last line. */
interface Seal {
  readonly lines: number;
  readonly digest: Digest;
}

const sealOf = (path: string) => `${path.replace(/\.jsonl$/, '')}.seal.json`;

/** What is wrong with a ledger beside its seal. A seal that is not there, or damaged itself, says nothing. */
async function missingAtEnd(path: string, lines: readonly Line[]): Promise<string | undefined> {
  const seal: unknown = await readFile(sealOf(path), 'utf8')
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  if (!isPlainObject(seal) || !Number.isSafeInteger(seal.lines)) return undefined;
  const { lines: count, digest } = seal as unknown as Seal;
  if (count === 0 || lines[count - 1]?.digest === digest) return undefined;
  return lines.length < count
    ? `${count - lines.length} of ${count} lines are missing at the end`
    : 'is not the line that was there when the file was sealed';
}

async function readLines(path: string): Promise<Contents> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const lines: Line[] = [];
  const ids = new Set<Digest>();
  let end = 0;
  for (let next = bytes.indexOf(0x0a); next >= 0; next = bytes.indexOf(0x0a, end)) {
    const line = parseLine(bytes.toString('utf8', end, next), lines.at(-1)?.digest ?? FIRST);
    const message = typeof line === 'string' ? line : ids.has(line.id) ? 'books an entry again' : undefined;
    if (typeof line === 'string' || message !== undefined) {
      return { lines, end, size: bytes.length, damage: { line: lines.length + 1, message: message! } };
    }
    lines.push(line);
    ids.add(line.id);
    end = next + 1;
  }
  const message = await missingAtEnd(path, lines);
  const damage = message === undefined ? undefined : { line: lines.length + 1, message };
  return { lines, end, size: bytes.length, damage };
}

/** A line, or what is wrong with it. */
function parseLine(text: string, previous: Digest): Line | string {
  let line: Line;
  try {
    line = parseStored(text) as Line;
  } catch {
    return 'is not JSON';
  }
  const wrong = wrongInEntry(line);
  if (wrong !== undefined) return wrong;
  const { digest, ...body } = line;
  if (body.previous !== previous) return 'does not follow the line before it: a line is missing, doubled or moved';
  if (digestBytes(canonicalJson(body as unknown as JsonValue)) !== digest) return 'was altered';
  return line;
}
