import { BranchlineError, messageOf } from '@branchline/core';
import { some } from '../errors.js';
import type { Scorer } from './define.js';

/** Texts that are scored in one call. */
const BATCH_TEXTS = 256;
const BATCH_BYTES = 4 * 2 ** 20;

/** A scorer that has learnt, and the texts that wait for it. */
export class ScoringQueue {
  readonly #scorer: Scorer;
  readonly #model: unknown;
  #waiting: { readonly text: Uint8Array; readonly take: (score: number) => void; readonly name: string }[] = [];
  #bytes = 0;

  private constructor(scorer: Scorer, model: unknown) {
    this.#scorer = scorer;
    this.#model = model;
  }

  /** @throws BranchlineError when the scorer cannot learn. */
  static async start(scorer: Scorer, sample: () => Promise<readonly Uint8Array[]>): Promise<ScoringQueue> {
    const texts = scorer.fit && (await sample());
    try {
      return new ScoringQueue(scorer, texts && (await scorer.fit?.(texts)));
    } catch (error) {
      throw failure(scorer, `could not learn from the sample: ${messageOf(error)}`, error);
    }
  }

  /** Puts a text on the list. Once there are many of them, wait for `flush`. */
  add(text: Uint8Array, name: string, take: (score: number) => void): void {
    this.#waiting.push({ text, take, name });
    this.#bytes += text.length;
  }

  get isFull(): boolean {
    return this.#waiting.length >= BATCH_TEXTS || this.#bytes >= BATCH_BYTES;
  }

  /**
   * Scores all texts on the list.
   *
   * @throws BranchlineError when the scorer fails, or gives anything but a finite number for each text.
   */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#bytes = 0;
    let scores: ArrayLike<number>;
    try {
      scores = await this.#scorer.score(
        waiting.map(({ text }) => text),
        this.#model,
      );
    } catch (error) {
      throw failure(this.#scorer, `failed: ${messageOf(error)}`, error);
    }
    if (scores?.length !== waiting.length)
      throw failure(this.#scorer, `gave ${scores?.length ?? 'no'} scores for ${waiting.length} texts`);
    const bad = waiting.filter((_, index) => !Number.isFinite(scores[index]));
    if (bad.length > 0)
      throw failure(this.#scorer, `gave no finite number for ${some([...new Set(bad.map(({ name }) => name))])}`);
    for (const [index, { take }] of waiting.entries()) take(scores[index]!);
  }
}

function failure({ name, version }: Scorer, message: string, cause?: unknown): BranchlineError {
  const remedy = 'Correct the scorer: a finite number for every text, also for the shortest; or choose another score.';
  return new BranchlineError(
    'data',
    { configPath: 'data.score', message: `scorer ${name} ${version} ${message}`, remedy },
    { cause },
  );
}
