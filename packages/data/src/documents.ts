import { BranchlineError, type Digest, digestBytes, messageOf, type Problem, RandomStream } from '@branchline/core';
import { type Corrupted, type CorruptShare, corrupt } from './corrupt.js';
import { cutAtLineEnds } from './cut.js';
import { openDuckDB } from './duckdb.js';
import { failOn } from './errors.js';
import { byText, type InputFile } from './files.js';
import { type RawDocument, readDocuments } from './read.js';
import type { DataSettings } from './schema.js';
import { ScoringQueue } from './scorers/run.js';
import { Sample } from './scorers/sample.js';
import type { Scoring } from './scoring.js';
import type { ResolvedSource } from './sources.js';
import type { Spool } from './spool.js';
import { encodeDocument } from './tokenizers/open.js';
import type { Tokenizer } from './tokenizers/tokenizer.js';

/** Bytes that a scorer learns from unless it says otherwise. */
const SAMPLE_BYTES = 4 * 2 ** 20;

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
export interface Piece {
  /** Of the text as it was found. */
  readonly digest: Digest;
  readonly clean: StoredText;
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

/** How texts become documents. */
export interface Collecting {
  readonly settings: DataSettings;
  readonly tokenizer: Tokenizer;
  readonly spool: Spool;
  /** How texts are scored; a field needs nothing here. */
  readonly scoring: Scoring;
  readonly temporaryDirectory: string;
  readonly signal?: AbortSignal;
  /** Is told how many documents there are so far, and how many bytes the finished files have. */
  readonly onProgress?: (documents: number, bytes: number) => void;
}

/** @throws BranchlineError that names the document when the tokenizer has no tokens for it. */
function encode(text: Uint8Array, tokenizer: Tokenizer, name: string): Uint32Array {
  try {
    return encodeDocument(text, tokenizer);
  } catch (error) {
    const message = `cannot turn ${name} into tokens: ${messageOf(error)}`;
    const remedy = 'Use a tokenizer that knows all of the text, such as one on bytes, or leave the document out.';
    throw new BranchlineError('data', { configPath: 'data.tokenizer', message, remedy }, { cause: error });
  }
}

/** A piece of a document, and what is trained on in its place. */
interface Cut {
  readonly digest: Digest;
  readonly text: Uint8Array;
  readonly corrupted?: Corrupted;
}

/** Cuts a document at line ends, and puts noise into the pieces where the source says so. */
function* cut(document: Uint8Array, share: CorruptShare | undefined, settings: DataSettings): Generator<Cut> {
  for (const [start, end] of cutAtLineEnds(document, settings.maxDocumentBytes)) {
    const text = document.subarray(start, end);
    const digest = digestBytes(text);
    const random = () => new RandomStream(settings.seed, `noise ${digest}`);
    yield { digest, text, corrupted: share && corrupt(text, share, random()) };
  }
}

/** Texts to learn from: of the reference, else of the text that will be trained on. */
async function takeSample(
  sources: readonly ResolvedSource[],
  limit: number,
  { settings, temporaryDirectory, signal }: Collecting,
  problems: Problem[],
): Promise<Uint8Array[]> {
  const sample = new Sample(limit);
  const { connection, close } = await openDuckDB(temporaryDirectory);
  try {
    for (const source of sources)
      for await (const raw of readDocuments(connection, source, problems, signal))
        for (const { text, corrupted } of cut(raw.text, source.corrupt, settings)) sample.add(corrupted?.text ?? text);
  } finally {
    close();
  }
  // What cannot be read would be told a second time when it is read to be trained on.
  failOn('data', problems);
  return sample.texts();
}

/** Reads all sources into the spool. Returned in an order that depends on content alone. */
export async function collectDocuments(
  sources: readonly ResolvedSource[],
  collecting: Collecting,
  problems: Problem[],
): Promise<StoredDocument[]> {
  const { settings, tokenizer, spool, scoring } = collecting;
  const documents: StoredDocument[] = [];
  const stored = new Map<string, readonly Piece[]>();
  const { scorer, reference = sources } = scoring;
  const queue =
    scorer &&
    (await ScoringQueue.start(scorer, () =>
      takeSample(reference, scorer.sampleBytes ?? SAMPLE_BYTES, collecting, problems),
    ));
  const storeText = (text: Uint8Array, quality: number, name: string): StoredText => {
    const tokens = encode(text, tokenizer, name);
    const piece = { offset: spool.append(tokens), tokens: tokens.length, bytes: text.length };
    if (!queue) return scoring.by === 'quality' ? { ...piece, score: quality } : piece;
    const scored: { -readonly [K in keyof StoredText]: StoredText[K] } = piece;
    queue.add(text, name, (score) => {
      scored.score = score;
    });
    return scored;
  };
  const store = (document: Uint8Array, share: CorruptShare | undefined, name: string): Piece[] =>
    Array.from(cut(document, share, settings), ({ digest, text, corrupted }) => ({
      digest,
      clean: storeText(text, 1, name),
      corrupted: corrupted && storeText(corrupted.text, corrupted.quality, name),
    }));
  const add = (source: number, raw: RawDocument) => {
    if (raw.text.length === 0) return;
    const digest = digestBytes(raw.text);
    const { corrupt: share } = sources[source]!;
    const { file, version, score } = raw;
    const id = raw.id ?? `${file.name}#${digest.slice(0, 16)}`;
    // The same text is stored once, but for noise.
    const key = [digest, ...(share ?? [])].join(' ');
    let pieces = stored.get(key);
    if (!pieces) stored.set(key, (pieces = store(raw.text, share, `${id} of ${file.name}`)));
    documents.push({ id, digest, source, domain: raw.domain ?? file.domain, version, score, pieces });
  };
  let current: InputFile | undefined;
  let finished = 0;
  const { connection, close } = await openDuckDB(collecting.temporaryDirectory);
  try {
    for (const [index, source] of sources.entries())
      for await (const raw of readDocuments(connection, source, problems, collecting.signal)) {
        add(index, raw);
        if (queue?.isFull) await queue.flush();
        if (raw.file !== current) finished += current?.bytes ?? 0;
        current = raw.file;
        if (documents.length % 100 === 0) collecting.onProgress?.(documents.length, finished);
      }
    await queue?.flush();
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
