import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Scratch } from '../storage/duckdb.js';
import { streamRows } from '../storage/duckdb.js';
import { Spool } from '../storage/spool.js';
import { bandLength, bandsOf, SIGNATURE, signatureOf, similarity } from './minhash.js';

/**
 * Finds near duplicates by MinHash signatures and banding. Signatures and bands are on disk; memory holds one number
 * per document.
 */
export class NearDuplicates {
  readonly #threshold: number;
  readonly #length: number;
  readonly #signatures: Spool;
  readonly #appender: DuckDBAppender;
  #documents = 0;

  private constructor(threshold: number, signatures: Spool, appender: DuckDBAppender) {
    this.#threshold = threshold;
    this.#length = bandLength(threshold);
    this.#signatures = signatures;
    this.#appender = appender;
  }

  /** @param file Path of the temporary signature file. */
  static async create(scratch: Scratch, threshold: number, file: string): Promise<NearDuplicates> {
    const connection = await scratch.connect();
    await connection.run('CREATE TABLE bands (band DOUBLE, document UINTEGER)');
    return new NearDuplicates(threshold, new Spool(file, 2 ** 32), await connection.createAppender('bands'));
  }

  /** Adds the next document; documents are numbered from 0 in the order of these calls. */
  add(text: Uint8Array): void {
    const signature = signatureOf(text);
    this.#signatures.append(signature ?? new Uint32Array(SIGNATURE));
    for (const band of signature ? bandsOf(signature, this.#length) : []) {
      this.#appender.appendDouble(band);
      this.#appender.appendUInteger(this.#documents);
      this.#appender.endRow();
    }
    this.#documents++;
  }

  /**
   * Writes the table `alike` (document, family). A family is a connected component: each document is a near duplicate
   * of at least one other in it. Families depend on the texts only, not on reading order.
   *
   * @param documents SQL query of the documents to compare, with columns document and text.
   */
  async findFamilies(catalog: DuckDBConnection, writer: DuckDBConnection, documents: string): Promise<void> {
    this.#appender.closeSync();
    const families = Uint32Array.from({ length: this.#documents }, (_, index) => index);
    const familyOf = (document: number) => {
      let family = document;
      while (families[family] !== family) family = families[family] = families[families[family]!]!;
      return family;
    };
    const signature = (document: number) => this.#signatures.read(document * SIGNATURE, SIGNATURE);
    // Compare each document with the first one of its band, by digest: one comparison per row.
    await catalog.run(
      `CREATE TABLE shared AS SELECT band FROM bands WHERE document IN (SELECT document FROM (${documents}))
       GROUP BY band HAVING count(*) > 1`,
    );
    const rows = streamRows(
      catalog,
      `SELECT band, document FROM bands JOIN (${documents}) USING (document)
       WHERE band IN (SELECT band FROM shared) ORDER BY band, text, document`,
    );
    let current: number | undefined;
    let first = 0;
    let expected: Uint32Array | Uint16Array = new Uint32Array();
    for await (const row of rows) {
      const [band, document] = row as [number, number];
      if (band !== current) {
        current = band;
        first = document;
        expected = signature(document).slice();
      } else if (familyOf(document) !== familyOf(first) && similarity(expected, signature(document)) >= this.#threshold)
        families[familyOf(document)] = familyOf(first);
    }
    await catalog.run('CREATE TABLE alike (document UINTEGER, family UINTEGER)');
    const appender = await writer.createAppender('alike');
    for (let document = 0; document < families.length; document++) {
      const family = familyOf(document);
      appender.appendUInteger(document);
      appender.appendUInteger(family);
      appender.endRow();
    }
    appender.closeSync();
  }

  close(): void {
    this.#signatures.close();
  }
}
