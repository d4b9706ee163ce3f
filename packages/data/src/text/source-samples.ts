/** The samples that scorers are fitted on. */
import { digestBytes, type Problem } from '@branchline/core';
import { failOn } from '../errors.js';
import type { SampledText, SamplePair } from '../scorers/define.js';
import { halfOf } from '../scorers/halves.js';
import type { Samples } from '../scorers/run.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { Findings, readFiles } from '../sources/read.js';
import { cutDocument } from './cut-document.js';
import { type Sampling, takeSample } from './sample.js';

/** Default size of a scorer's sample, in bytes. */
const SAMPLE_BYTES = 4 * 2 ** 20;
/** A classifier needs at least so many documents of each kind: fewer say more of themselves than of their kind. */
const LEAST_DOCUMENTS = 20;
/** And so many bytes. */
const LEAST_BYTES = 4096;

/** Where samples are taken from. */
export interface SourceSampling extends Omit<Sampling, 'limit' | 'isReference'> {
  readonly reference?: readonly ResolvedSource[];
  readonly validation?: readonly ResolvedSource[];
}

/** Samples of the reference and of the training text. */
export class SourceSamples implements Samples {
  readonly #sources: readonly ResolvedSource[];
  readonly #sampling: SourceSampling;

  /** @param sources The sources of the training text. */
  constructor(sources: readonly ResolvedSource[], sampling: SourceSampling) {
    this.#sources = sources;
    this.#sampling = sampling;
  }

  async one(bytes = SAMPLE_BYTES): Promise<readonly Uint8Array[]> {
    const sampled = this.#sampling.reference ? await this.#ofReference(bytes) : await this.#ofText(bytes);
    return sampled.map(({ text }) => text);
  }

  /**
   * Texts that a validation set has too are left out of both samples, and texts of the reference out of the sample of
   * the training text.
   *
   * @throws BranchlineError `data` if too little is left of either.
   */
  async pair(bytes: number): Promise<SamplePair> {
    const found = await this.#ofReference(bytes);
    const ofText = await this.#ofText(bytes);
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

  #ofReference(limit: number): Promise<SampledText[]> {
    return takeSample(this.#sampling.reference ?? [], { ...this.#sampling, limit, isReference: true });
  }

  /** Of the earliest version, or of all text if versions are random. */
  #ofText(limit: number): Promise<SampledText[]> {
    return takeSample(this.#sources, { ...this.#sampling, limit, isReference: false });
  }

  /** Digests of the sampled texts that a validation set has too. Holds none of the other digests of the sets. */
  async #evaluated(sampled: readonly SampledText[]): Promise<ReadonlySet<string>> {
    const { settings, reading, validation = [] } = this.#sampling;
    const asked = new Set<string>(sampled.map(({ clean }) => clean));
    const found = new Set<string>();
    const problems: Problem[] = [];
    for (const source of validation)
      for await (const raw of readFiles(source.files, source, { ...reading, problems }, new Findings(source)))
        for (const { digest } of cutDocument(raw.text, digestBytes(raw.text), source.corrupt, settings))
          if (asked.has(digest)) found.add(digest);
    // Stop here: reading the sets later would report the same problems again.
    failOn('data', problems);
    return found;
  }
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
