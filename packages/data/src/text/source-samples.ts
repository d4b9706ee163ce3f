/** The samples that scorers are fitted on. */
import { digestBytes, type Problem } from '@branchline/core';
import type { DataSettings } from '../config/schema.js';
import { failOn } from '../errors.js';
import { halfOf } from '../scorers/classifier.js';
import type { SampledText, SamplePair } from '../scorers/define.js';
import { EarliestSample } from '../scorers/earliest-sample.js';
import type { Samples } from '../scorers/run.js';
import type { RawDocument, Reading } from '../sources/document.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { readDocuments } from '../sources/read.js';
import { pause } from '../storage/interrupt.js';
import { type CutPiece, cutPieces } from './cut-pieces.js';

/** Default size of a scorer's sample, in bytes. */
const SAMPLE_BYTES = 4 * 2 ** 20;
/** Bytes of text that are read before other events are handled. */
const READ_BETWEEN = 8 * 2 ** 20;
/** A classifier needs at least so many documents of each kind: fewer say more of themselves than of their kind. */
const LEAST_DOCUMENTS = 20;
/** And so many bytes. */
const LEAST_BYTES = 4096;

/** Sorts like the version of a document: its place in the order of versions, or the value that names its version. */
function versionOf({ versions }: DataSettings, raw: RawDocument, source: number): string {
  if (versions.by === 'source') return String(source);
  if (versions.by === 'random') return '';
  const value = versions.by === 'field' ? (raw.version ?? '') : (raw.domain ?? raw.file.domain);
  const { order } = versions;
  if (order === undefined) return value;
  return String(order.findIndex((one) => (typeof one === 'string' ? one === value : one.includes(value))));
}

/** Where samples are taken from. */
export interface Sampling {
  readonly settings: DataSettings;
  readonly reference?: readonly ResolvedSource[];
  readonly validation?: readonly ResolvedSource[];
  /** How documents are read. What is skipped here is counted when the training text is read. */
  readonly reading: () => Reading;
}

/** Samples of the reference and of the training text. */
export class SourceSamples implements Samples {
  readonly #sources: readonly ResolvedSource[];
  readonly #sampling: Sampling;

  /** @param sources The sources of the training text. */
  constructor(sources: readonly ResolvedSource[], sampling: Sampling) {
    this.#sources = sources;
    this.#sampling = sampling;
  }

  async one(bytes = SAMPLE_BYTES): Promise<readonly Uint8Array[]> {
    const { reference } = this.#sampling;
    const sampled = reference ? await this.#ofReference(reference, bytes) : await this.#ofEarliestVersion(bytes);
    return sampled.map(({ text }) => text);
  }

  /**
   * Texts that a validation set has too are left out of both samples, and texts of the reference out of the sample of
   * the training text.
   *
   * @throws BranchlineError `data` if too little is left of either.
   */
  async pair(bytes: number): Promise<SamplePair> {
    const found = await this.#ofReference(this.#sampling.reference ?? [], bytes);
    const ofText = await this.#ofEarliestVersion(bytes);
    const known = new Set(found.map(({ text }) => digestBytes(text)));
    const other = ofText.filter(({ text }) => !known.has(digestBytes(text)));
    const evaluated = await this.#evaluated([...found, ...other]);
    const keep = (texts: readonly SampledText[]) => texts.filter(({ clean }) => !evaluated.has(clean));
    const [reference, sample] = [keep(found), keep(other)];
    const pair: SamplePair = {
      reference,
      sample,
      removed: {
        evaluated: found.length + other.length - reference.length - sample.length,
        shared: ofText.length - other.length,
      },
    };
    failOn('data', problemsOf(pair));
    return pair;
  }

  async #ofReference(reference: readonly ResolvedSource[], bytes: number): Promise<SampledText[]> {
    const sample = new EarliestSample(bytes, false);
    for await (const { raw, piece } of this.#pieces(reference)) sample.add('', sampledText(raw, piece));
    return sample.texts();
  }

  /** Of the earliest version, or of all text if versions are random. */
  async #ofEarliestVersion(bytes: number): Promise<SampledText[]> {
    const { settings } = this.#sampling;
    const { versions } = settings;
    // In the order of versions: domains by text, values of a field and places in a list as numbers too.
    const sample = new EarliestSample(bytes, !(versions.by === 'domain' && versions.order === undefined));
    for await (const { raw, source, piece } of this.#pieces(this.#sources))
      sample.add(versionOf(settings, raw, source), sampledText(raw, piece));
    return sample.texts();
  }

  /** Digests of the sampled texts that a validation set has too. Holds none of the other digests of the sets. */
  async #evaluated(sampled: readonly SampledText[]): Promise<ReadonlySet<string>> {
    const asked = new Set<string>(sampled.map(({ clean }) => clean));
    const found = new Set<string>();
    for await (const { piece } of this.#pieces(this.#sampling.validation ?? []))
      if (asked.has(piece.digest)) found.add(piece.digest);
    return found;
  }

  /** Reads all pieces of some sources. @throws BranchlineError `data` if they cannot be read. */
  async *#pieces(
    sources: readonly ResolvedSource[],
  ): AsyncGenerator<{ readonly raw: RawDocument; readonly source: number; readonly piece: CutPiece }> {
    const { settings } = this.#sampling;
    const reading = this.#sampling.reading();
    let bytes = 0;
    for (const [index, source] of sources.entries())
      for await (const raw of readDocuments(source, reading))
        for (const piece of cutPieces(raw.text, digestBytes(raw.text), source.corrupt, settings)) {
          yield { raw, source: index, piece };
          bytes += piece.text.length;
          if (bytes < READ_BETWEEN) continue;
          bytes = 0;
          await pause(reading.signal);
        }
    // Stop here: reading the training text would report the same problems again.
    failOn('data', reading.problems);
  }
}

/** The text that is trained on. */
function sampledText(raw: RawDocument, { text, digest, corrupted }: CutPiece): SampledText {
  return { text: corrupted?.text ?? text, document: digestBytes(raw.text), clean: digest };
}

/** What keeps a classifier from being fitted. */
function problemsOf({ reference, sample, removed }: SamplePair): Problem[] {
  const without = ({ evaluated, shared }: Partial<SamplePair['removed']>) => {
    const reasons = [
      ...(evaluated ? [`${evaluated} texts that a validation set has too`] : []),
      ...(shared ? [`${shared} texts that the reference has too`] : []),
    ];
    return reasons.length === 0 ? '' : ` without ${reasons.join(' and ')}`;
  };
  const check = (texts: readonly SampledText[], what: string, left: string, problem: Omit<Problem, 'message'>) => {
    const documents = new Set(texts.map(({ document }) => document)).size;
    const bytes = texts.reduce((sum, { text }) => sum + text.length, 0);
    // Each half of the documents has some, but for a chance of one in 500,000.
    const halves = new Set(texts.map(({ document }) => halfOf(document))).size;
    if (documents >= LEAST_DOCUMENTS && bytes >= LEAST_BYTES && halves === 2) return [];
    const has = `${documents} different documents of ${bytes} bytes in all${left}`;
    const message = `${what} has ${has}, too little for a classifier: it needs ${LEAST_DOCUMENTS} of ${LEAST_BYTES} bytes in all`;
    return [{ ...problem, message }];
  };
  const { evaluated, shared } = removed;
  return [
    ...check(reference, 'the reference', without({ evaluated }), {
      configPath: 'data.score.reference',
      remedy: 'Add documents, divide long ones (delimiter for text files), or raise data.score.sample.',
    }),
    ...check(sample, 'the sample of the training text', without({ evaluated, shared }), {
      configPath: 'data.score',
      remedy:
        'Add text to the sources (with versions in order: to the first), raise data.score.sample, or use another reference.',
    }),
  ];
}
