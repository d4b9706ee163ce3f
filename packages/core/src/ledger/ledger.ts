/**
 * The ledger: an append-only file with one JSON line per entry, chained by digests. Each chunk of training has one
 * line, regardless of how many strategies need it. Work lost in a crash has no line, because it was not stored.
 */
import { appendFile, open, readFile, truncate } from 'node:fs/promises';
import { BranchlineError } from '../errors.js';
import { setAside } from '../files/damaged.js';
import { writingTo } from '../files/disk-errors.js';
import { writeFileAtomic } from '../files/durable.js';
import { canonicalJson, type Digest, digestBytes, digestJson, type JsonValue, parseStored } from '../json.js';
import { type Fence, NO_FENCE } from '../lock/fence.js';
import { isPlainObject } from '../plain-object.js';
import { type LedgerEntry, wrongInEntry } from './entry.js';

/** A line of the file. `digest` covers all other fields and, through `previous`, all earlier lines. */
interface Line extends LedgerEntry {
  readonly previous: Digest;
  readonly digest: Digest;
}

const FIRST: Digest = '0'.repeat(64);

/** Content of a ledger file up to the first damaged line. */
interface Contents {
  readonly lines: readonly Line[];
  /** Bytes of the valid lines. */
  readonly end: number;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly damage: { readonly line: number; readonly message: string } | undefined;
}

export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #ids = new Set<Digest>();
  readonly #trained = new Map<Digest, number>();
  #last: Digest = FIRST;
  /** Error of a failed write. The file may end in a partial line, so nothing more may be appended. */
  #broken: Error | undefined;

  private constructor(
    readonly path: string,
    /** True when the file was damaged; missing entries must then be recovered from the records. */
    readonly damaged: boolean,
    private readonly fence: Fence,
    private readonly elsewhere: ReadonlySet<Digest>,
  ) {}

  /**
   * Opens a ledger for appending; a missing file is an empty ledger. A partial last line of an interrupted write is
   * removed. When any other line is altered, missing or duplicated, the file is set aside under `damaged/`, the lines
   * before it are kept, and `onDamage` is called: the lost entries must be booked again from the records of training
   * chunks and evaluations. `fence` is called before each write. `elsewhere`: ids that are booked in the ledger that
   * this one will be added to; they count as booked.
   */
  static async open(
    path: string,
    onDamage: (message: string) => void,
    fence: Fence = NO_FENCE,
    elsewhere: ReadonlySet<Digest> = new Set(),
  ): Promise<Ledger> {
    const { lines, end, size, damage } = await readLines(path);
    if (damage !== undefined) {
      const kept = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await setAside(path);
      await writeFileAtomic(path, kept);
      onDamage(
        `${path}, line ${damage.line}: ${damage.message}. The file was set aside under damaged/; ${lines.length} lines before it are kept, and the entries after it are booked again from the stored records`,
      );
    } else if (end < size) await truncate(path, end);
    const ledger = new Ledger(path, damage !== undefined, fence, elsewhere);
    for (const line of lines) ledger.#accept(line);
    return ledger;
  }

  /**
   * Reads and verifies a ledger without changing the file, which another process may be writing. Throws a `store` error
   * when a line is damaged.
   */
  static async read(path: string): Promise<readonly LedgerEntry[]> {
    const { lines, damage } = await readLines(path);
    if (damage === undefined) return lines.map(entryOf);
    throw new BranchlineError('store', {
      message: `${path}, line ${damage.line}: ${damage.message}`,
      remedy:
        'Run the experiment again: it sets the file aside and books the damaged entries again from the stored records.',
    });
  }

  /** Records the number of lines, so that the next start detects lines lost at the end. */
  async seal(): Promise<void> {
    this.fence();
    const seal: Seal = { lines: this.#entries.length, digest: this.#last };
    await writeFileAtomic(sealOf(this.path), `${JSON.stringify(seal)}\n`);
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  has(id: Digest): boolean {
    return this.#ids.has(id) || this.elsewhere.has(id);
  }

  /**
   * Id for the next entry of a chunk that ends in a state. It changes with every training of this chunk, which is
   * repeated when its state was lost.
   */
  idOfChunk(to: Digest): Digest {
    for (let times = this.#trained.get(to) ?? 0; ; times++) {
      const id = times === 0 ? to : digestJson({ again: to, times });
      if (!this.has(id)) return id;
    }
  }

  /**
   * Appends an entry and waits until it is on disk. Does nothing when the id is already booked. After a failed write,
   * every call throws.
   */
  async append(entry: LedgerEntry): Promise<void> {
    if (this.#ids.has(entry.id)) return;
    if (this.#broken !== undefined) throw this.#broken;
    this.fence();
    const body = { ...entry, previous: this.#last };
    const line: Line = { ...body, digest: digestBytes(canonicalJson(body as unknown as JsonValue)) };
    try {
      await writingTo(this.path, async () => {
        await appendFile(this.path, `${JSON.stringify(line)}\n`);
        const file = await open(this.path, 'r');
        await file.sync().finally(() => file.close());
      });
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

/** Number of lines when the ledger was sealed, and digest of the last one. */
interface Seal {
  readonly lines: number;
  readonly digest: Digest;
}

const sealOf = (path: string) => `${path.replace(/\.jsonl$/, '')}.seal.json`;

/** Compares the lines with the seal and returns the problem, if any. A missing or damaged seal is ignored. */
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
    const message = typeof line === 'string' ? line : ids.has(line.id) ? 'repeats an earlier entry' : undefined;
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

/** A parsed line, or a message that says what is wrong with it. */
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
  if (body.previous !== previous) return 'does not follow the line before it: a line is missing, duplicated or moved';
  if (digestBytes(canonicalJson(body as unknown as JsonValue)) !== digest) return 'was altered';
  return line;
}
