import type { Digest } from '@branchline/core';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { quote } from '../storage/duckdb.js';
import { sealFile, type Written } from '../storage/file-writer.js';

/** A text whose tokens are stored. */
export interface StoredText {
  /** Offset of its tokens in the file of tokens. */
  readonly offset: number;
  /** Number of its tokens, including the end of the document. */
  readonly tokens: number;
  /** Number of its characters that the tokenizer left out. */
  readonly dropped: number;
  /** Score from a text scorer, or the quality. */
  readonly score?: number;
}

/**
 * A part of a document, at most `maxDocumentBytes` long: the unit that is scored, assigned to a version and packed.
 */
export interface Piece {
  /** Number of its document among those that were read together. */
  readonly document: number;
  /** Index of the piece in its document, from 0. */
  readonly part: number;
  readonly domain: string;
  readonly version?: string;
  readonly id: string;
  /** Digest of the whole document as read. */
  readonly text: Digest;
  /** Digest of the clean piece. */
  readonly digest: Digest;
  /** Score from the document's score field. */
  readonly score?: number;
  readonly bytes: number;
  readonly clean: StoredText;
  /** Corrupted text that is trained on instead, and its digest. */
  readonly corrupted?: StoredText & { readonly digest: Digest };
}

const COLUMNS = `
  piece UINTEGER, document UINTEGER, part UINTEGER, domain VARCHAR, version VARCHAR, id VARCHAR,
  text VARCHAR, digest VARCHAR, field_score DOUBLE, bytes UINTEGER,
  start DOUBLE, tokens UINTEGER, dropped UINTEGER, score DOUBLE,
  noise VARCHAR, noisy_start DOUBLE, noisy_tokens UINTEGER, noisy_dropped UINTEGER, noisy_score DOUBLE`;

/** The table that holds the pieces of one entry until they are exported. */
const READING = 'reading_pieces';

/** Collects the pieces of texts that are read together, on disk, because they may not fit into memory. */
export class PieceWriter {
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  /** Number of pieces. */
  count = 0;

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.#connection = connection;
    this.#appender = appender;
  }

  static async create(connection: DuckDBConnection): Promise<PieceWriter> {
    await connection.run(`CREATE OR REPLACE TABLE ${READING} (${COLUMNS})`);
    return new PieceWriter(connection, await connection.createAppender(READING));
  }

  add({ document, part, domain, version, id, text, digest, score, bytes, clean, corrupted }: Piece): void {
    const row = this.#appender;
    const real = (value: number | undefined) => (value === undefined ? row.appendNull() : row.appendDouble(value));
    const whole = (value: number | undefined) => (value === undefined ? row.appendNull() : row.appendUInteger(value));
    const words = (value: string | undefined) => (value === undefined ? row.appendNull() : row.appendVarchar(value));
    whole(this.count++);
    whole(document);
    whole(part);
    words(domain);
    words(version);
    words(id);
    words(text);
    words(digest);
    real(score);
    whole(bytes);
    real(clean.offset);
    whole(clean.tokens);
    whole(clean.dropped);
    real(clean.score);
    words(corrupted?.digest);
    real(corrupted?.offset);
    whole(corrupted?.tokens);
    whole(corrupted?.dropped);
    real(corrupted?.score);
    row.endRow();
  }

  /** Exports the pieces to a Parquet file; nothing can be added afterwards. */
  async export(file: string): Promise<Written> {
    this.#appender.closeSync();
    await this.#connection.run(`COPY ${READING} TO ${quote(file)} (FORMAT parquet, COMPRESSION zstd)`);
    await this.#connection.run(`DROP TABLE ${READING}`);
    return await sealFile(file);
  }
}

/** Tables of pieces: of the training and held-out text, and of the validation sets. */
export type PieceTable = 'pieces' | 'validation_pieces';

/** What was read together, as far as a table of pieces needs it. */
export interface LoadedPieces {
  /** Number of the entry; with an offset, it tells where tokens are. */
  readonly entry: number;
  /** Index of the source, or of the validation set. */
  readonly source: number;
  /** Parquet file of the pieces. */
  readonly file: string;
  readonly pieces: number;
  readonly documents: number;
}

/**
 * Creates a table of pieces from exported ones, with columns `entry` and `source`. Pieces and documents are numbered in
 * the order of `parts`.
 */
export async function loadPieces(
  connection: DuckDBConnection,
  table: PieceTable,
  parts: readonly LoadedPieces[],
): Promise<void> {
  await connection.run(`CREATE TABLE ${table} (entry UINTEGER, source UINTEGER, ${COLUMNS})`);
  let piece = 0;
  let document = 0;
  for (const { entry, source, file, pieces, documents } of parts) {
    await connection.run(`
      INSERT INTO ${table} SELECT ${entry}, ${source}, * REPLACE (piece + ${piece} AS piece, document + ${document} AS document)
      FROM read_parquet(${quote(file)}, hive_partitioning = false)`);
    piece += pieces;
    document += documents;
  }
}
