import { BranchlineError, type Digest, digestBytes, digestJson, type JsonValue, messageOf } from '@branchline/core';
import { some } from '../errors.js';
import { untilAborted } from '../storage/interrupt.js';
import type { ClassifierFigures } from './classifier-figures.js';
import {
  type ContrastScorer,
  describeScorer,
  type Fitted,
  type PieceText,
  type SampledText,
  type SamplePair,
  type Scorer,
  type TextScorer,
} from './define.js';

/** Takes the samples that a scorer is fitted on, up to a number of bytes. */
export interface Samples {
  /** A sample of the reference, or of the training text without one. */
  one(bytes: number | undefined): Promise<readonly Uint8Array[]>;
  /** A sample of the reference and one of the training text. */
  pair(bytes: number): Promise<SamplePair>;
}

/** A fitted scorer and the texts that wait to be scored. */
export class ScoringQueue {
  readonly #scorer: TextScorer;
  readonly #fitted: Fitted;
  #waiting: (PieceText & { readonly take: (score: number) => void; readonly name: string })[] = [];

  private constructor(scorer: TextScorer, fitted: Fitted) {
    this.#scorer = scorer;
    this.#fitted = fitted;
  }

  /** @throws BranchlineError if the scorer cannot be fitted. */
  static async start(scorer: TextScorer, fit: () => Promise<Fitted>, signal?: AbortSignal): Promise<ScoringQueue> {
    try {
      return new ScoringQueue(scorer, await untilAborted(fit(), signal));
    } catch (error) {
      throw failure(scorer, `could not be fitted to the sample: ${messageOf(error)}`, error);
    }
  }

  /** Of a classifier: how well it tells the reference from the training text. */
  get figures(): ClassifierFigures | undefined {
    return this.#fitted.figures;
  }

  /** Queues a text; `take` receives its score at the next `flush`. */
  add(piece: PieceText, name: string, take: (score: number) => void): void {
    this.#waiting.push({ ...piece, take, name });
  }

  /**
   * Scores all queued texts.
   *
   * @throws BranchlineError if the scorer fails or does not return one finite number for each text.
   */
  async flush(signal?: AbortSignal): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const score = async () => await this.#fitted.score(waiting);
    let scores: ArrayLike<number>;
    try {
      scores = await untilAborted(score(), signal);
    } catch (error) {
      throw failure(this.#scorer, `failed: ${messageOf(error)}`, error);
    }
    if (scores?.length !== waiting.length)
      throw failure(this.#scorer, `returned ${scores?.length ?? 'no'} scores for ${waiting.length} texts`);
    const bad = waiting.filter((_, index) => !Number.isFinite(scores[index]));
    if (bad.length > 0)
      throw failure(this.#scorer, `returned no finite number for ${some([...new Set(bad.map(({ name }) => name))])}`);
    for (const [index, { take }] of waiting.entries()) take(scores[index]!);
  }
}

/** A scorer with the samples that it is to be fitted on. */
export interface SampledScorer {
  /** Everything that decides its scores. */
  readonly name: JsonValue;
  /** @throws BranchlineError if the scorer cannot be fitted to the samples. */
  readonly fit: (signal?: AbortSignal) => Promise<ScoringQueue>;
}

/**
 * Takes the samples that a scorer needs.
 *
 * @throws BranchlineError if they cannot be taken.
 */
export async function withSamples(scorer: TextScorer, samples: Samples): Promise<SampledScorer> {
  const { sample, fit } = 'contrast' in scorer ? await contrast(scorer, samples) : await plain(scorer, samples);
  return {
    name: { scorer: describeScorer(scorer), ...(sample && { sample }) },
    fit: (signal) => ScoringQueue.start(scorer, fit, signal),
  };
}

/** How a scorer is fitted, and the digest of all that it learns from, if it learns. */
interface Fitting {
  readonly sample?: Digest;
  readonly fit: () => Promise<Fitted>;
}

async function contrast(scorer: ContrastScorer, samples: Samples): Promise<Fitting> {
  const pair = await samples.pair(scorer.sampleBytes);
  const listed = (texts: readonly SampledText[]) => texts.map(({ text, document }) => [digestBytes(text), document]);
  return {
    sample: digestJson([listed(pair.reference), listed(pair.sample)]),
    fit: () => scorer.contrast(pair),
  };
}

async function plain(scorer: Scorer, samples: Samples): Promise<Fitting> {
  const texts = scorer.fit && (await samples.one(scorer.sampleBytes));
  const fit = async (): Promise<Fitted> => {
    const model = texts && (await scorer.fit?.(texts));
    return {
      score: (pieces) =>
        scorer.score(
          pieces.map(({ text }) => text),
          model,
        ),
    };
  };
  return { ...(texts && { sample: digestJson(texts.map(digestBytes)) }), fit };
}

function failure({ name, version }: TextScorer, message: string, cause?: unknown): BranchlineError {
  const remedy =
    'Correct the scorer: it must return a finite number for every text, even the shortest. Or choose another score.';
  return new BranchlineError(
    'data',
    { configPath: 'data.score', message: `scorer ${name} ${version} ${message}`, remedy },
    { cause },
  );
}
