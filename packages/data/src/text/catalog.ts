import type { Digest } from '@branchline/core';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Scratch } from '../storage/duckdb.js';

/** A text whose tokens are in the spool. */
export interface StoredText {
  /** Where its tokens begin in the spool. */
  readonly offset: number;
  /** Its tokens, the end of the document included. */
  readonly tokens: number;
  /** Of a scorer that looks at texts. */
  readonly score?: number;
}

/**
 * A part of a document, at most `maxDocumentBytes` long: what is scored, dealt to versions and packed, with what is
 * known of its document.
 */
export interface Piece {
  /** Counts documents, in no order. */
  readonly document: number;
  /** Which piece of its document, from 0. */
  readonly part: number;
  readonly source: number;
  readonly domain: string;
  readonly version?: string;
  readonly id: string;
  /** Of the whole document as it was found. */
  readonly text: Digest;
  /** Of the piece as it was found. */
  readonly digest: Digest;
  /** What the document says of itself. */
  readonly score?: number;
  readonly bytes: number;
  readonly clean: StoredText;
  /** What is trained on in its place. */
  readonly corrupted?: StoredText;
}

const TABLE = `
  piece UINTEGER, document UINTEGER, part UINTEGER, source UINTEGER, domain VARCHAR, version VARCHAR, id VARCHAR,
  text VARCHAR, digest VARCHAR, field_score DOUBLE, bytes UINTEGER,
  start DOUBLE, tokens UINTEGER, score DOUBLE, noisy_start DOUBLE, noisy_tokens UINTEGER, noisy_score DOUBLE`;

/** All pieces of a corpus, in a table on disk: there can be more of them than memory holds. */
export class Catalog {
  readonly connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  #count = 0;

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.connection = connection;
    this.#appender = appender;
  }

  static async create(scratch: Scratch): Promise<Catalog> {
    const connection = await scratch.connect();
    await connection.run(`CREATE TABLE pieces (${TABLE})`);
    return new Catalog(connection, await connection.createAppender('pieces'));
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

  /** Ends adding. */
  seal(): void {
    this.#appender.closeSync();
  }
}
