import { BranchlineError, messageOf } from '@branchline/core';
import { some } from '../errors.js';
import { untilAborted } from '../storage/interrupt.js';
import type { Scorer } from './define.js';

/** A fitted scorer and the texts that wait to be scored. */
export class ScoringQueue {
  readonly #scorer: Scorer;
  readonly #model: unknown;
  #waiting: { readonly text: Uint8Array; readonly take: (score: number) => void; readonly name: string }[] = [];

  private constructor(scorer: Scorer, model: unknown) {
    this.#scorer = scorer;
    this.#model = model;
  }

  /** @throws BranchlineError if `fit` fails. */
  static async start(
    scorer: Scorer,
    sample: () => Promise<readonly Uint8Array[]>,
    signal?: AbortSignal,
  ): Promise<ScoringQueue> {
    const texts = scorer.fit && (await sample());
    const fit = async () => texts && (await scorer.fit?.(texts));
    try {
      return new ScoringQueue(scorer, await untilAborted(fit(), signal));
    } catch (error) {
      throw failure(scorer, `could not be fitted to the sample: ${messageOf(error)}`, error);
    }
  }

  /** Queues a text; `take` receives its score at the next `flush`. */
  add(text: Uint8Array, name: string, take: (score: number) => void): void {
    this.#waiting.push({ text, take, name });
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
    const score = async () =>
      await this.#scorer.score(
        waiting.map(({ text }) => text),
        this.#model,
      );
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

function failure({ name, version }: Scorer, message: string, cause?: unknown): BranchlineError {
  const remedy =
    'Correct the scorer: it must return a finite number for every text, even the shortest. Or choose another score.';
  return new BranchlineError(
    'data',
    { configPath: 'data.score', message: `scorer ${name} ${version} ${message}`, remedy },
    { cause },
  );
}
