/** Reads documents into the cache: cut into pieces, scored, tokenized. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { BranchlineError, digestBytes, type Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import type { Scoring } from '../config/scoring.js';
import type { ClassifierFigures } from '../scorers/classifier-figures.js';
import { type SampledScorer, type ScoringQueue, withSamples } from '../scorers/run.js';
import type { Skipped } from '../sources/bad-documents.js';
import type { RawDocument, Reading } from '../sources/document.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { Findings, judge, readFiles } from '../sources/read.js';
import { FileWriter } from '../storage/file-writer.js';
import type { InputFile } from '../storage/files.js';
import { encodeIntegers, widthOf } from '../storage/integers.js';
import { pause, untilAborted } from '../storage/interrupt.js';
import { encodeDocuments, UnencodableError } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { cutDocument } from './cut-document.js';
import { ENTRY_FILES, type Entry, type EntryRecord, type EntryStore } from './entries.js';
import { groupFiles } from './groups.js';
import { type Piece, PieceWriter, type StoredText } from './pieces.js';
import { readKey } from './read-key.js';
import { encodeSignature, signatureInSteps } from './signatures.js';
import { SourceSamples } from './source-samples.js';

/** Options of `readSources`. */
export interface ReadingText {
  readonly settings: DataSettings;
  readonly tokenizer: Tokenizer;
  readonly scoring: Scoring;
  /** Sources that the scorer is fitted on. Default: a sample of the earliest version, of all text if random. */
  readonly reference?: readonly ResolvedSource[];
  /** Validation sets, whose text a classifier must not learn from. */
  readonly validation?: readonly ResolvedSource[];
  /** Whether MinHash signatures of documents are needed. */
  readonly needsSignatures: boolean;
  readonly entries: EntryStore;
  readonly cacheDirectory: string;
  /** Temporary folder in the cache. */
  readonly temporary: string;
  /** Connection that reads the files. */
  readonly reader: DuckDBConnection;
  /** Connection that collects pieces. */
  readonly writer: DuckDBConnection;
  readonly signal?: AbortSignal;
  /** Called with the number of documents read and the bytes of completed files. */
  readonly onProgress?: (documents: number, bytes: number) => void;
}

/** What was read from some files of a source. */
export interface ReadEntry extends Entry {
  /** Index of the source. */
  readonly source: number;
}

/** Result of `readSources`. */
export interface ReadSources {
  readonly entries: readonly ReadEntry[];
  /** Documents with text. */
  readonly documents: number;
  /** What sources with `skip: 'bad'` left out. */
  readonly skipped: readonly Skipped[];
  /** How well a classifier tells the reference from the training text. */
  readonly classifier?: ClassifierFigures;
}

/** Reads the files of all sources that are not in the cache. Problems are added to `problems`. */
export async function readSources(
  sources: readonly ResolvedSource[],
  options: ReadingText,
  problems: Problem[],
): Promise<ReadSources> {
  const { settings, tokenizer, scoring, needsSignatures, entries: store, signal, onProgress } = options;
  const scorer = await fitLazily(sources, options);
  const score = scoring.by === 'quality' ? 'quality' : (scorer?.name ?? null);
  const what = { tokenizer: tokenizer.name, score, signatures: needsSignatures };
  const entries: ReadEntry[] = [];
  const skipped: Skipped[] = [];
  let documents = 0;
  let bytes = 0;
  for (const [index, source] of sources.entries()) {
    const found: Parameters<typeof judge>[1][number][] = [];
    for (const files of groupFiles(source.files)) {
      signal?.throwIfAborted();
      const key = readKey(files, source, settings, what);
      let entry = await store.find(key);
      if (entry !== undefined) found.push({ ...entry, documents: entry.readable });
      else {
        const findings = new Findings(source);
        found.push(findings);
        const reading = { ...options, problems, scorer, before: { documents, bytes } };
        entry = await readGroup(files, source, reading, findings, (folder, record) => store.add(key, folder, record));
      }
      bytes += files.reduce((sum, file) => sum + file.bytes, 0);
      if (entry === undefined) continue;
      documents += entry.documents;
      entries.push({ ...entry, source: index });
      onProgress?.(documents, bytes);
    }
    judge(source, found, problems, skipped);
  }
  const classifier = scoring.scorer && 'contrast' in scoring.scorer ? (await scorer?.queue())?.figures : undefined;
  return { entries, documents, skipped, ...(classifier && { classifier }) };
}

/** A scorer that is fitted when the first text must be scored. */
interface LazyScorer extends Pick<SampledScorer, 'name'> {
  readonly queue: () => Promise<ScoringQueue>;
}

async function fitLazily(sources: readonly ResolvedSource[], options: ReadingText): Promise<LazyScorer | undefined> {
  const { scoring, signal } = options;
  if (scoring.scorer === undefined) return undefined;
  const samples = new SourceSamples(sources, { ...options, reading: readingFor(options, []) });
  const { name, fit } = await withSamples(scoring.scorer, samples);
  let queue: Promise<ScoringQueue> | undefined;
  return { name, queue: () => (queue ??= fit(signal)) };
}

function readingFor({ settings, reader, signal }: ReadingText, problems: Problem[]): Reading {
  return { connection: reader, problems, maxDocumentBytes: settings.maxDocumentBytes, signal };
}

/** Limits of the texts that are encoded and scored at once: below a second of work. */
const BATCH_TEXTS = 256;
const BATCH_BYTES = 2 ** 20;

/** Options of `readGroup`. */
interface ReadingGroup extends ReadingText {
  readonly problems: Problem[];
  readonly scorer: LazyScorer | undefined;
  /** What was read before, for the progress. */
  readonly before: { readonly documents: number; readonly bytes: number };
}

/** Reads a group of files. Returns undefined if something is wrong with them. */
async function readGroup(
  files: readonly InputFile[],
  source: ResolvedSource,
  options: ReadingGroup,
  findings: Findings,
  keep: (folder: string, record: EntryRecord) => Entry,
): Promise<Entry | undefined> {
  const { temporary, problems, before, onProgress, signal, needsSignatures } = options;
  const folder = path.join(temporary, 'reading');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const pieces = await PieceWriter.create(options.writer);
  const tokens = new FileWriter(path.join(folder, ENTRY_FILES.tokens));
  const signatures = needsSignatures ? new FileWriter(path.join(folder, ENTRY_FILES.signatures)) : undefined;
  try {
    const batch = new Batch(pieces, tokens, await options.scorer?.queue(), options);
    let documents = 0;
    let finished = before.bytes;
    let current: InputFile | undefined;
    for await (const raw of readFiles(files, source, readingFor(options, problems), findings)) {
      if (raw.file !== current) finished += current?.bytes ?? 0;
      current = raw.file;
      if (raw.text.length === 0) continue;
      for (const piece of piecesOf(raw, documents, source, options.settings)) await batch.add(piece);
      signatures?.write(encodeSignature(await signatureInSteps(raw.text, signal)));
      if ((before.documents + ++documents) % 100 === 0) onProgress?.(before.documents + documents, finished);
    }
    await batch.flush();
    const written = {
      pieces: await pieces.export(path.join(folder, ENTRY_FILES.pieces)),
      tokens: tokens.close(),
      ...(signatures && { signatures: signatures.close() }),
    };
    if (!findings.isGood) return undefined;
    const { documents: readable, isDivided, skipped } = findings;
    return keep(folder, { readable, documents, pieces: pieces.count, isDivided, skipped, files: written });
  } finally {
    tokens.abandon();
    signatures?.abandon();
  }
}

/** A piece and the texts that are stored for it. */
interface NewPiece extends Omit<Piece, 'clean' | 'corrupted'> {
  readonly clean: NewText;
  readonly corrupted?: NewText;
  /** Name of its document, for messages. */
  readonly name: string;
}

interface NewText {
  readonly text: Uint8Array;
  readonly digest: string;
  readonly quality: number;
}

function* piecesOf(
  raw: RawDocument,
  document: number,
  source: ResolvedSource,
  settings: DataSettings,
): Generator<NewPiece> {
  const { file, version, score } = raw;
  const text = digestBytes(raw.text);
  const id = raw.id ?? `${file.name}#${text.slice(0, 16)}`;
  const name = `${id} of ${file.name}`;
  let part = 0;
  for (const { digest, text: clean, corrupted } of cutDocument(raw.text, text, source.corrupt, settings))
    yield {
      ...{ document, part: part++, domain: raw.domain ?? file.domain, version, id, text, digest, score, name },
      bytes: clean.length,
      clean: { text: clean, digest, quality: 1 },
      corrupted: corrupted && { ...corrupted, digest: digestBytes(corrupted.text) },
    };
}

/** A text that waits to be encoded and scored. */
interface Waiting extends NewText {
  readonly name: string;
  score?: number;
}

/** Pieces that are encoded and scored together. */
class Batch {
  readonly #pieces: PieceWriter;
  readonly #tokens: FileWriter;
  readonly #queue: ScoringQueue | undefined;
  readonly #options: ReadingText;
  #waiting: { readonly piece: NewPiece; readonly texts: readonly Waiting[] }[] = [];
  #texts = 0;
  #bytes = 0;
  /** Number of tokens that are written. */
  #offset = 0;

  constructor(pieces: PieceWriter, tokens: FileWriter, queue: ScoringQueue | undefined, options: ReadingText) {
    this.#pieces = pieces;
    this.#tokens = tokens;
    this.#queue = queue;
    this.#options = options;
  }

  async add(piece: NewPiece): Promise<void> {
    const byQuality = this.#options.scoring.by === 'quality';
    const texts = [piece.clean, ...(piece.corrupted ? [piece.corrupted] : [])].map((text): Waiting => {
      const waiting: Waiting = { ...text, name: piece.name, ...(byQuality && { score: text.quality }) };
      this.#queue?.add({ text: text.text, document: piece.text }, piece.name, (score) => {
        waiting.score = score;
      });
      return waiting;
    });
    this.#waiting.push({ piece, texts });
    this.#texts += texts.length;
    this.#bytes += texts.reduce((sum, { text }) => sum + text.length, 0);
    if (this.#texts >= BATCH_TEXTS || this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const { tokenizer, signal } = this.#options;
    const waiting = this.#waiting;
    [this.#waiting, this.#texts, this.#bytes] = [[], 0, 0];
    const texts = waiting.flatMap((one) => one.texts);
    const encoded = await encode(texts, tokenizer, signal);
    await this.#queue?.flush(signal);
    const width = widthOf(tokenizer.vocabulary);
    const stored = texts.map(({ score }, index): StoredText => {
      const { tokens, dropped } = encoded[index]!;
      const offset = this.#offset;
      this.#tokens.write(encodeIntegers(tokens, width));
      this.#offset += tokens.length;
      return { offset, tokens: tokens.length, dropped, score };
    });
    let next = 0;
    for (const { piece } of waiting) {
      const clean = stored[next++]!;
      const corrupted = piece.corrupted && { ...stored[next++]!, digest: piece.corrupted.digest };
      this.#pieces.add({ ...piece, clean, corrupted });
    }
    await pause(signal);
  }
}

/** @throws BranchlineError that names the document if the tokenizer cannot encode a text. */
async function encode(waiting: readonly Waiting[], tokenizer: Tokenizer, signal: AbortSignal | undefined) {
  const texts = waiting.map(({ text }) => text);
  return await untilAborted(encodeDocuments(texts, tokenizer), signal).catch((error: unknown) => {
    if (!(error instanceof UnencodableError)) throw error;
    const message = `cannot turn ${waiting[error.index]!.name} into tokens: ${error.message}`;
    const remedy = 'Use a tokenizer that covers all of the text, such as a byte-level one, or leave the document out.';
    throw new BranchlineError('data', { configPath: 'data.tokenizer', message, remedy }, { cause: error });
  });
}
