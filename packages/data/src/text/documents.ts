import { BranchlineError, type Digest, digestBytes, type Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import type { Scoring } from '../config/scoring.js';
import type { ClassifierFigures } from '../scorers/classifier-figures.js';
import { ScoringQueue } from '../scorers/run.js';
import type { Skipped } from '../sources/bad-documents.js';
import type { RawDocument, Reading } from '../sources/document.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { readDocuments } from '../sources/read.js';
import type { InputFile } from '../storage/files.js';
import { pause, untilAborted } from '../storage/interrupt.js';
import type { Spool } from '../storage/spool.js';
import { EncodingError, encodeDocuments } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { Catalog, Piece, StoredText } from './catalog.js';
import { cutPieces } from './cut-pieces.js';
import { SourceSamples } from './source-samples.js';

/** Receives the text of documents, in the order of their numbers. */
export interface DocumentSink {
  add(text: Uint8Array): Promise<void>;
}

/** Options and outputs of `collectDocuments`. */
export interface Collecting {
  readonly settings: DataSettings;
  readonly tokenizer: Tokenizer;
  readonly spool: Spool;
  readonly scoring: Scoring;
  /** Sources that the scorer is fitted on. Default: a sample of the earliest version, of all text if random. */
  readonly reference?: readonly ResolvedSource[];
  /** Validation sets, whose text a classifier must not learn from. */
  readonly validation?: readonly ResolvedSource[];
  /** Receives the pieces. */
  readonly catalog: Catalog;
  /** Receive every document, if near duplicates or near copies are removed. */
  readonly near: readonly DocumentSink[];
  /** Connection that reads the files. */
  readonly reader: DuckDBConnection;
  readonly signal?: AbortSignal;
  /** Called with the number of documents read and the bytes of completed files. */
  readonly onProgress?: (documents: number, bytes: number) => void;
}

/** A text that waits to be encoded. */
interface Waiting {
  readonly text: Uint8Array;
  /** Name of its document, for messages. */
  readonly name: string;
  readonly take: (tokens: Uint32Array) => void;
}

/** @throws BranchlineError that names the document if the tokenizer cannot encode a text. */
async function encode(waiting: readonly Waiting[], { tokenizer, signal }: Collecting): Promise<void> {
  const texts = waiting.map(({ text }) => text);
  const encoded = await untilAborted(encodeDocuments(texts, tokenizer), signal).catch((error: unknown) => {
    if (!(error instanceof EncodingError)) throw error;
    const message = `cannot turn ${waiting[error.index]!.name} into tokens: ${error.message}`;
    const remedy = 'Use a tokenizer that covers all of the text, such as a byte-level one, or leave the document out.';
    throw new BranchlineError('data', { configPath: 'data.tokenizer', message, remedy }, { cause: error });
  });
  for (const [index, { take }] of waiting.entries()) take(encoded[index]!);
}

/** Limits of the texts that are encoded and scored at once: below a second of work. */
const BATCH_TEXTS = 256;
const BATCH_BYTES = 2 ** 20;

/**
 * Reads all sources into the spool and the catalog. Returns the number of documents, and what was skipped because its
 * source has `skip: 'bad'`, and the figures of a classifier.
 */
export async function collectDocuments(
  sources: readonly ResolvedSource[],
  collecting: Collecting,
  problems: Problem[],
): Promise<{
  readonly documents: number;
  readonly skipped: readonly Skipped[];
  readonly classifier?: ClassifierFigures;
}> {
  const { settings, spool, scoring, catalog, signal } = collecting;
  const skipped: Skipped[] = [];
  const { reader: connection } = collecting;
  const { maxDocumentBytes } = settings;
  const reading = (into: Skipped[]): Reading => ({ connection, problems, skipped: into, maxDocumentBytes, signal });
  const { scorer } = scoring;
  const queue =
    scorer &&
    (await ScoringQueue.start(
      scorer,
      new SourceSamples(sources, { ...collecting, reading: () => reading([]) }),
      signal,
    ));
  let pieces: Piece[] = [];
  let texts: Waiting[] = [];
  let bytes = 0;
  const store = (text: Uint8Array, quality: number, document: Digest, name: string): StoredText => {
    const stored: { -readonly [K in keyof StoredText]: StoredText[K] } = { offset: 0, tokens: 0 };
    if (!queue && scoring.by === 'quality') stored.score = quality;
    texts.push({
      text,
      name,
      take: (tokens) => {
        stored.offset = spool.append(tokens);
        stored.tokens = tokens.length;
      },
    });
    bytes += text.length;
    queue?.add({ text, document }, name, (score) => {
      stored.score = score;
    });
    return stored;
  };
  const flush = async () => {
    await encode(texts, collecting);
    await queue?.flush(signal);
    for (const piece of pieces) catalog.add(piece);
    [pieces, texts, bytes] = [[], [], 0];
    await pause(signal);
  };
  const add = async (document: number, source: number, raw: RawDocument) => {
    const { file, version, score } = raw;
    const text = digestBytes(raw.text);
    const id = raw.id ?? `${file.name}#${text.slice(0, 16)}`;
    const name = `${id} of ${file.name}`;
    let part = 0;
    for (const { digest, text: clean, corrupted } of cutPieces(raw.text, text, sources[source]!.corrupt, settings)) {
      pieces.push({
        ...{ document, part: part++, source, domain: raw.domain ?? file.domain, version, id, text, digest, score },
        bytes: clean.length,
        clean: store(clean, 1, text, name),
        corrupted: corrupted && store(corrupted.text, corrupted.quality, text, name),
      });
      if (texts.length >= BATCH_TEXTS || bytes >= BATCH_BYTES) await flush();
    }
  };
  let documents = 0;
  let current: InputFile | undefined;
  let finished = 0;
  for (const [index, source] of sources.entries())
    for await (const raw of readDocuments(source, reading(skipped))) {
      if (raw.text.length > 0) {
        await add(documents++, index, raw);
        for (const sink of collecting.near) await sink.add(raw.text);
      }
      if (raw.file !== current) finished += current?.bytes ?? 0;
      current = raw.file;
      if (documents % 100 === 0) collecting.onProgress?.(documents, finished);
    }
  await flush();
  catalog.seal();
  return { documents, skipped, ...(queue?.figures && { classifier: queue.figures }) };
}
