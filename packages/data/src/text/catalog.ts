import type { Digest } from '@branchline/core';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Scratch } from '../storage/duckdb.js';

/** A text whose tokens are in the spool. */
export interface StoredText {
  /** Offset of its tokens in the spool. */
  readonly offset: number;
  /** Number of its tokens, including the end of the document. */
  readonly tokens: number;
  /** Score from a text scorer, or the quality. */
  readonly score?: number;
}

/**
 * A part of a document, at most `maxDocumentBytes` long: the unit that is scored, assigned to a version and packed.
 */
export interface Piece {
  /** Number of its document. */
  readonly document: number;
  /** Index of the piece in its document, from 0. */
  readonly part: number;
  /** Index of its source, or of its validation set. */
  readonly source: number;
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
  /** Corrupted text that is trained on instead. */
  readonly corrupted?: StoredText;
}

const TABLE = `
  piece UINTEGER, document UINTEGER, part UINTEGER, source UINTEGER, domain VARCHAR, version VARCHAR, id VARCHAR,
  text VARCHAR, digest VARCHAR, field_score DOUBLE, bytes UINTEGER,
  start DOUBLE, tokens UINTEGER, score DOUBLE, noisy_start DOUBLE, noisy_tokens UINTEGER, noisy_score DOUBLE`;

/** Tables of pieces: of the training and held-out text, and of the validation sets. */
export type PieceTable = 'pieces' | 'validation_pieces';

/** A table with pieces of a corpus; on disk, because it may not fit into memory. */
export class Catalog {
  readonly connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  #count = 0;

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.connection = connection;
    this.#appender = appender;
  }

  static async create(scratch: Scratch, table: PieceTable = 'pieces'): Promise<Catalog> {
    const connection = await scratch.connect();
    await connection.run(`CREATE TABLE ${table} (${TABLE})`);
    return new Catalog(connection, await connection.createAppender(table));
  }

  add({ document, part, source, domain, version, id, text, digest, score, bytes, clean, corrupted }: Piece): void {
    const row = this.#appender;
    const optional = (value: number | undefined) => {
      if (value === undefined) row.appendNull();
      else row.appendDouble(value);
    };
    row.appendUInteger(this.#count++);
    row.appendUInteger(document);
    row.appendUInteger(part);
    row.appendUInteger(source);
    row.appendVarchar(domain);
    if (version === undefined) row.appendNull();
    else row.appendVarchar(version);
    row.appendVarchar(id);
    row.appendVarchar(text);
    row.appendVarchar(digest);
    optional(score);
    row.appendUInteger(bytes);
    row.appendDouble(clean.offset);
    row.appendUInteger(clean.tokens);
    optional(clean.score);
    optional(corrupted?.offset);
    if (corrupted) row.appendUInteger(corrupted.tokens);
    else row.appendNull();
    optional(corrupted?.score);
    row.endRow();
  }

  /** Flushes the appender; nothing can be added afterwards. */
  seal(): void {
    this.#appender.closeSync();
  }
}
