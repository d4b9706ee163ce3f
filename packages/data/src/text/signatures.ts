import type { Scratch } from '../storage/duckdb.js';
import { encodeIntegers, IntegerFiles } from '../storage/integers.js';
import { pause } from '../storage/interrupt.js';
import { lastAtMost } from '../storage/search.js';
import { type Entry, fileOf } from './entries.js';
import { bandsOf, SIGNATURE, signing } from './minhash.js';

/** The signature of a text; undefined if it has no words. Other events are handled between parts of a long text. */
export async function signatureInSteps(
  text: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint32Array | undefined> {
  const steps = signing(text);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await pause(signal);
  return step.value;
}

/** A signature as it is stored; zeros stand for a text without words. */
export function encodeSignature(signature: Uint32Array | undefined): Buffer {
  return encodeIntegers(signature ?? new Uint32Array(SIGNATURE), 4);
}

/** Documents whose bands are computed before other events are handled. */
const YIELD_EVERY = 1024;

/** The MinHash signatures of the documents of entries, numbered from 0 in their order. */
export class Signatures {
  readonly #files: IntegerFiles;
  /** Number of the first document of each entry. */
  readonly #firsts: Float64Array;
  /** Number of documents. */
  readonly count: number;

  constructor(entries: readonly Entry[]) {
    this.#files = new IntegerFiles(
      entries.map((entry) => fileOf(entry, 'signatures')),
      4,
    );
    let count = 0;
    this.#firsts = Float64Array.from(entries, ({ documents }) => {
      count += documents;
      return count - documents;
    });
    this.count = count;
  }

  /** The signature of a document; the returned array is reused by the next call. */
  read(document: number): Uint32Array | Uint16Array {
    const entry = lastAtMost(this.#firsts, document);
    return this.#files.read(entry, (document - this.#firsts[entry]!) * SIGNATURE, SIGNATURE);
  }

  /** Writes the table (band, document) with the bands of all documents. `length`: number of values per band. */
  async writeBands(scratch: Scratch, table: string, length: number, signal?: AbortSignal): Promise<void> {
    const connection = await scratch.connect();
    await connection.run(`CREATE TABLE ${table} (band DOUBLE, document UINTEGER)`);
    const appender = await connection.createAppender(table);
    for (let document = 0; document < this.count; document++) {
      if (document % YIELD_EVERY === 0) await pause(signal);
      const signature = this.read(document);
      if (signature.every((value) => value === 0)) continue;
      for (const band of bandsOf(signature, length)) {
        appender.appendDouble(band);
        appender.appendUInteger(document);
        appender.endRow();
      }
    }
    appender.closeSync();
  }

  close(): void {
    this.#files.close();
  }
}
