import type { DuckDBConnection } from '@duckdb/node-api';
import { type Scratch, streamRows } from '../storage/duckdb.js';
import { bandLength, similarity } from './minhash.js';
import { Signatures } from './signatures.js';

/** Documents of a set that a training document is compared with for each band they share: enough for boilerplate. */
const PER_BAND = 64;

/** Finds training documents that are near copies of documents of validation sets, by MinHash signatures and banding. */
export class NearCopies {
  /** Receives every training document, in the order of their numbers. */
  readonly training: Signatures;
  /** Receives every document of the validation sets, in the order of their numbers. */
  readonly validation: Signatures;
  readonly #thresholds: ReadonlyMap<number, number>;

  private constructor(training: Signatures, validation: Signatures, thresholds: ReadonlyMap<number, number>) {
    this.training = training;
    this.validation = validation;
    this.#thresholds = thresholds;
  }

  /**
   * @param thresholds Similarity by the number of a set; sets without one are not compared. Not empty.
   * @param file Path of the temporary signature files, without an extension.
   */
  static async create(
    scratch: Scratch,
    thresholds: ReadonlyMap<number, number>,
    file: string,
    signal?: AbortSignal,
  ): Promise<NearCopies> {
    // Bands for the lowest threshold find the pairs of higher ones too.
    const length = bandLength(Math.min(...thresholds.values()));
    const training = await Signatures.create(scratch, 'training_bands', `${file}.training`, length, signal);
    const validation = await Signatures.create(scratch, 'validation_bands', `${file}.validation`, length, signal);
    return new NearCopies(training, validation, thresholds);
  }

  /**
   * Adds near copies to the table `copies` (document, source).
   *
   * @param writer A second connection: writing on the connection that streams rows would end the stream.
   */
  async find(catalog: DuckDBConnection, writer: DuckDBConnection): Promise<void> {
    this.training.seal();
    this.validation.seal();
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
      if (other !== current) expected = this.validation.read(other).slice();
      current = other;
      if (similarity(expected, this.training.read(document)) < this.#thresholds.get(source)!) continue;
      copies.appendUInteger(document);
      copies.appendUInteger(source);
      copies.endRow();
    }
    copies.closeSync();
  }

  close(): void {
    this.training.close();
    this.validation.close();
  }
}
