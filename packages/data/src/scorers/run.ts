import { BranchlineError, messageOf } from '@branchline/core';
import { some } from '../errors.js';
import { untilAborted } from '../storage/interrupt.js';
import type { ClassifierFigures } from './classifier-figures.js';
import type { ContrastScorer, Fitted, PieceText, SamplePair, Scorer, TextScorer } from './define.js';

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

  /** @throws BranchlineError if the samples cannot be taken, or if the scorer cannot be fitted to them. */
  static async start(scorer: TextScorer, samples: Samples, signal?: AbortSignal): Promise<ScoringQueue> {
    const fit = 'contrast' in scorer ? await contrast(scorer, samples) : await plain(scorer, samples);
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

async function contrast(scorer: ContrastScorer, samples: Samples): Promise<() => Promise<Fitted>> {
  const pair = await samples.pair(scorer.sampleBytes);
  return () => scorer.contrast(pair);
}

/** Takes the sample, if the scorer needs one; the result fits the scorer to it. */
async function plain(scorer: Scorer, samples: Samples): Promise<() => Promise<Fitted>> {
  const texts = scorer.fit && (await samples.one(scorer.sampleBytes));
  return async () => {
    const model = texts && (await scorer.fit?.(texts));
    return {
      score: (pieces) =>
        scorer.score(
          pieces.map(({ text }) => text),
          model,
        ),
    };
  };
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
