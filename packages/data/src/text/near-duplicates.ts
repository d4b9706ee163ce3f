import type { DuckDBConnection } from '@duckdb/node-api';
import type { Scratch } from '../storage/duckdb.js';
import { streamRows } from '../storage/duckdb.js';
import { bandLength, similarity } from './minhash.js';
import type { Signatures } from './signatures.js';

/**
 * Finds near duplicates by MinHash signatures and banding. Signatures and bands are on disk; memory holds one number
 * per document.
 */
export class NearDuplicates {
  readonly #threshold: number;
  readonly #signatures: Signatures;

  private constructor(threshold: number, signatures: Signatures) {
    this.#threshold = threshold;
    this.#signatures = signatures;
  }

  /** @param signal Aborts between documents. */
  static async create(
    scratch: Scratch,
    threshold: number,
    signatures: Signatures,
    signal?: AbortSignal,
  ): Promise<NearDuplicates> {
    await signatures.writeBands(scratch, 'bands', bandLength(threshold), signal);
    return new NearDuplicates(threshold, signatures);
  }

  /**
   * Adds near duplicates to the table `dropped`. Documents form families: each is a near duplicate of at least one
   * other of its family. The first document of a family is kept. Versions are compared in order, and a document is
   * dropped only because of its own and earlier versions, so that a later version changes nothing in an earlier one: if
   * it joins two families, the first documents of both remain.
   *
   * @param ranked SQL query of the documents to compare, with columns document, position (the version) and place (from
   * 0, by version first).
   */
  async drop(catalog: DuckDBConnection, writer: DuckDBConnection, ranked: string): Promise<void> {
    const { count } = this.#signatures;
    await catalog.run(`CREATE TABLE ranked AS ${ranked}`);
    const places = new Uint32Array(count);
    const versions = new Uint16Array(count);
    for await (const row of streamRows(catalog, 'SELECT document, position, place::UINTEGER FROM ranked')) {
      const [document, version, place] = row as [number, number, number];
      versions[document] = version;
      places[document] = place;
    }
    const families = Uint32Array.from({ length: count }, (_, index) => index);
    const familyOf = (document: number) => {
      let family = document;
      while (families[family] !== family) family = families[family] = families[families[family]!]!;
      return family;
    };
    const signature = (document: number) => this.#signatures.read(document);
    // Compare each document with the first one of its band: one comparison per row.
    await catalog.run(
      `CREATE TABLE shared AS SELECT band, arg_min(document, place) AS first FROM bands JOIN ranked USING (document)
       GROUP BY band HAVING count(*) > 1`,
    );
    const rows = streamRows(
      catalog,
      `SELECT document, first FROM bands JOIN ranked USING (document) JOIN shared USING (band)
       WHERE document <> first ORDER BY position, band, place`,
    );
    const dropped = await writer.createAppender('dropped');
    let current: number | undefined;
    let expected: Uint32Array | Uint16Array = new Uint32Array();
    for await (const row of rows) {
      const [document, first] = row as [number, number];
      const [own, other] = [familyOf(document), familyOf(first)];
      if (own === other) continue;
      if (first !== current) expected = signature(first).slice();
      current = first;
      if (similarity(expected, signature(document)) < this.#threshold) continue;
      const [kept, later] = places[own]! < places[other]! ? [own, other] : [other, own];
      families[later] = kept;
      // The first document of a family of earlier versions remains: it is trained on.
      if (versions[later] !== versions[document]) continue;
      dropped.appendUInteger(later);
      dropped.endRow();
    }
    dropped.closeSync();
  }
}
