import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { type Digest, digestBytes, type Problem, RandomStream } from '@branchline/core';
import { corrupt } from './corrupt.js';
import { cutAtLineEnds } from './cut.js';
import { byText, type InputFile } from './files.js';
import { openDuckDB, type RawDocument, readDocuments } from './read.js';
import type { DataSettings } from './schema.js';
import { diversity } from './score.js';
import type { ResolvedSource } from './sources.js';
import type { Tokenizer } from './tokenizer.js';

/** A text whose tokens are in the spool. */
export interface StoredText {
  /** Where its tokens begin in the spool. */
  readonly offset: number;
  /** Its tokens, the end of the document included. */
  readonly tokens: number;
  readonly bytes: number;
  /** Of a scorer that looks at texts. */
  readonly score?: number;
}

/** A part of a document, at most `maxDocumentBytes` long: what is scored, dealt to versions and packed. */
export interface Piece extends StoredText {
  /** Of the text as it was found. */
  readonly digest: Digest;
  /** What is trained on in its place. */
  readonly corrupted?: StoredText;
}

/** A document whose tokens are in the spool. */
export interface StoredDocument {
  readonly id: string;
  readonly digest: Digest;
  readonly source: number;
  readonly domain: string;
  readonly version?: string;
  readonly score?: number;
  readonly pieces: readonly Piece[];
}

/** Tokens on disk: texts are read once and in no order, and are packed in another. */
export class Spool {
  readonly #file: number;
  #length = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'wx+');
  }

  /** Returns where the tokens begin. */
  append(tokens: Uint32Array): number {
    const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#length * 4 + written);
    const offset = this.#length;
    this.#length += tokens.length;
    return offset;
  }

  read(offset: number, count: number): Uint32Array {
    const tokens = new Uint32Array(count);
    const bytes = new Uint8Array(tokens.buffer);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#file, bytes, done, bytes.length - done, offset * 4 + done);
      if (got === 0) throw new Error('the spool of tokens ends too early');
      done += got;
    }
    return tokens;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * Reads all sources into the spool. Returned in an order that depends on content alone. `onProgress` is told how many
 * documents there are so far, and how many bytes the finished files have.
 */
export async function collectDocuments(
  sources: readonly ResolvedSource[],
  settings: DataSettings,
  tokenizer: Tokenizer,
  spool: Spool,
  temporaryDirectory: string,
  problems: Problem[],
  options: { signal?: AbortSignal; onProgress?: (documents: number, bytes: number) => void },
): Promise<StoredDocument[]> {
  const documents: StoredDocument[] = [];
  const stored = new Map<string, readonly Piece[]>();
  const storeText = (text: Uint8Array, quality: number): StoredText => {
    const encoded = tokenizer.encode(text);
    const tokens = new Uint32Array(encoded.length + 1);
    tokens.set(encoded);
    tokens[encoded.length] = tokenizer.endOfDocument;
    const score = settings.score === 'diversity' ? diversity(text) : settings.score === 'quality' ? quality : undefined;
    return { offset: spool.append(tokens), tokens: tokens.length, bytes: text.length, score };
  };
  const store = (document: Uint8Array, share: ResolvedSource['corrupt']): readonly Piece[] =>
    cutAtLineEnds(document, settings.maxDocumentBytes).map(([start, end]) => {
      const text = document.subarray(start, end);
      const digest = digestBytes(text);
      const clean = storeText(text, 1);
      if (!share) return { digest, ...clean };
      const noisy = corrupt(text, share, new RandomStream(settings.seed, `noise ${digest}`));
      return { digest, ...clean, corrupted: storeText(noisy.text, noisy.quality) };
    });
  const add = (source: number, raw: RawDocument) => {
    if (raw.text.length === 0) return;
    const digest = digestBytes(raw.text);
    const { corrupt: share } = sources[source]!;
    // The same text is stored once, but for noise.
    const key = `${digest} ${share}`;
    let pieces = stored.get(key);
    if (!pieces) stored.set(key, (pieces = store(raw.text, share)));
    const { file, version, score } = raw;
    const id = raw.id ?? `${file.name}#${digest.slice(0, 16)}`;
    documents.push({ id, digest, source, domain: raw.domain ?? file.domain, version, score, pieces });
  };
  let current: InputFile | undefined;
  let finished = 0;
  const { connection, close } = await openDuckDB(temporaryDirectory);
  try {
    for (const [index, source] of sources.entries())
      for await (const raw of readDocuments(connection, source, problems, options.signal)) {
        add(index, raw);
        if (raw.file !== current) finished += current?.bytes ?? 0;
        current = raw.file;
        if (documents.length % 100 === 0) options.onProgress?.(documents.length, finished);
      }
  } finally {
    close();
  }
  return documents.sort(inOrder);
}

/** A total order: documents that are equal here are equal in everything. */
function inOrder(a: StoredDocument, b: StoredDocument): number {
  return (
    byText(a.digest, b.digest) ||
    a.source - b.source ||
    byText(a.domain, b.domain) ||
    byText(a.id, b.id) ||
    byText(a.version ?? '', b.version ?? '') ||
    (a.score ?? 0) - (b.score ?? 0)
  );
}

/**
 * One document of each text: the one of the earliest version, else the first by source, domain and name.
 *
 * @param versionOf Position of a document's version; the same for all when versions are dealt later.
 */
export function deduplicate(
  documents: readonly StoredDocument[],
  versionOf: (document: StoredDocument) => number,
): StoredDocument[] {
  const kept = new Map<Digest, StoredDocument>();
  for (const document of documents) {
    const other = kept.get(document.digest);
    if (!other || versionOf(document) < versionOf(other)) kept.set(document.digest, document);
  }
  return [...kept.values()];
}
