import type { DuckDBConnection } from '@duckdb/node-api';
import { type Scratch, streamRows } from '../storage/duckdb.js';
import { bandLength, similarity } from './minhash.js';
import type { Signatures } from './signatures.js';

/** Documents of a set that a training document is compared with for each band they share: enough for boilerplate. */
const PER_BAND = 64;

/** Finds training documents that are near copies of documents of validation sets, by MinHash signatures and banding. */
export class NearCopies {
  readonly #training: Signatures;
  readonly #validation: Signatures;
  readonly #thresholds: ReadonlyMap<number, number>;

  private constructor(training: Signatures, validation: Signatures, thresholds: ReadonlyMap<number, number>) {
    this.#training = training;
    this.#validation = validation;
    this.#thresholds = thresholds;
  }

  /**
   * @param thresholds Similarity by the number of a set; sets without one are not compared. Not empty.
   * @param training Signatures of the training documents.
   * @param validation Signatures of the documents of the validation sets.
   */
  static async create(
    scratch: Scratch,
    thresholds: ReadonlyMap<number, number>,
    training: Signatures,
    validation: Signatures,
    signal?: AbortSignal,
  ): Promise<NearCopies> {
    // Bands for the lowest threshold find the pairs of higher ones too.
    const length = bandLength(Math.min(...thresholds.values()));
    await training.writeBands(scratch, 'training_bands', length, signal);
    await validation.writeBands(scratch, 'validation_bands', length, signal);
    return new NearCopies(training, validation, thresholds);
  }

  /**
   * Adds near copies to the table `copies` (document, source).
   *
   * @param writer A second connection: writing on the connection that streams rows would end the stream.
   */
  async find(catalog: DuckDBConnection, writer: DuckDBConnection): Promise<void> {
    const sets = [...this.#thresholds.keys()].join(', ');
    // Documents are numbered in reading order, which may vary: the choice within a band is by text.
    await catalog.run(`
      CREATE TABLE compared AS SELECT band, source, document FROM (
        SELECT band, source, document, row_number() OVER (PARTITION BY band, source ORDER BY text, document) AS place
        FROM validation_bands JOIN validation_pieces USING (document) WHERE part = 0 AND source IN (${sets})
      ) WHERE place <= ${PER_BAND}`);
    const rows = streamRows(
      catalog,
      `SELECT DISTINCT compared.document AS other, source, training_bands.document AS document
       FROM training_bands JOIN compared USING (band) ORDER BY other, document`,
    );
    const copies = await writer.createAppender('copies');
    let current: number | undefined;
    let expected: Uint32Array | Uint16Array = new Uint32Array();
    for await (const row of rows) {
      const [other, source, document] = row as [number, number, number];
      if (other !== current) expected = this.#validation.read(other).slice();
      current = other;
      if (similarity(expected, this.#training.read(document)) < this.#thresholds.get(source)!) continue;
      copies.appendUInteger(document);
      copies.appendUInteger(source);
      copies.endRow();
    }
    copies.closeSync();
  }
}
