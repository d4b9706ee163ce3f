import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Scratch } from '../storage/duckdb.js';
import { pause } from '../storage/interrupt.js';
import { Spool } from '../storage/spool.js';
import { bandsOf, SIGNATURE, signing } from './minhash.js';

/** MinHash signatures of documents, in a file, and their bands, in a table (band, document). */
export class Signatures {
  readonly #length: number;
  readonly #spool: Spool;
  readonly #appender: DuckDBAppender;
  readonly #signal: AbortSignal | undefined;
  #count = 0;

  private constructor(length: number, spool: Spool, appender: DuckDBAppender, signal: AbortSignal | undefined) {
    this.#length = length;
    this.#spool = spool;
    this.#appender = appender;
    this.#signal = signal;
  }

  /**
   * @param table Name of the table of bands.
   * @param file Path of the temporary signature file.
   * @param length Number of values per band.
   * @param signal Aborts between parts of a long text, and between documents.
   */
  static async create(
    scratch: Scratch,
    table: string,
    file: string,
    length: number,
    signal?: AbortSignal,
  ): Promise<Signatures> {
    const connection: DuckDBConnection = await scratch.connect();
    await connection.run(`CREATE TABLE ${table} (band DOUBLE, document UINTEGER)`);
    return new Signatures(length, new Spool(file, 2 ** 32), await connection.createAppender(table), signal);
  }

  /** Number of documents. */
  get count(): number {
    return this.#count;
  }

  /** Adds the next document; documents are numbered from 0 in the order of these calls. */
  async add(text: Uint8Array): Promise<void> {
    const steps = signing(text);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await pause(this.#signal);
    const signature = step.value;
    this.#spool.append(signature ?? new Uint32Array(SIGNATURE));
    for (const band of signature ? bandsOf(signature, this.#length) : []) {
      this.#appender.appendDouble(band);
      this.#appender.appendUInteger(this.#count);
      this.#appender.endRow();
    }
    this.#count++;
  }

  /** Makes all bands visible to queries; nothing can be added afterwards. */
  seal(): void {
    this.#appender.closeSync();
  }

  /** The signature of a document; the returned array is reused by the next call. */
  read(document: number): Uint32Array | Uint16Array {
    return this.#spool.read(document * SIGNATURE, SIGNATURE);
  }

  close(): void {
    this.#spool.close();
  }
}
