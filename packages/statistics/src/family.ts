/** Several claims at once: every one gets an error level of its own, so that all verdicts together keep one. */
import { decide, type Interval, type Question, tInterval, type Verdict } from './decide.js';

/** How the error level is divided: `holm` (1979) step by step, from the clearest claim on; `bonferroni` equally. */
export type Correction = 'holm' | 'bonferroni';

/** What holds for all claims of a family. */
export interface Family {
  /** 1 - the error level of the family, above 0.5 and below 1. */
  readonly confidence: number;
  readonly correction: Correction;
}

/** What came of one claim of a family. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Smallest error level at which the claim alone is decided; null with less than two measurements. */
  readonly p: number | null;
  /** Smallest error level of the family at which it is decided. */
  readonly adjusted: number | null;
  /** Two-sided, at the claim's own level: a bound outside of it is excluded. */
  readonly interval: Interval | null;
  /** Of the two one-sided tests at the same level: inside the margin means equivalent. */
  readonly equivalenceInterval: Interval | null;
}

/**
 * Judges claims together; a claim without a p-value counts as one that is not decided. Both intervals of a claim are at the level at
 * which the procedure tested it, so that the verdict can be read off them. With `bonferroni` the intervals also hold the true means all
 * at once with the family's confidence; with `holm` only the verdicts keep the level.
 */
export function judgeFamily(questions: readonly Question[], { confidence, correction }: Family): readonly Judgement[] {
  if (!(confidence > 0.5 && confidence < 1)) throw new RangeError(`a confidence of ${confidence} is none`);
  const alpha = 1 - confidence;
  const ps = questions.map((question) => decide(question, alpha).p ?? 1);
  const levels = levelsOf(ps, alpha, correction);
  return questions.map((question, index): Judgement => {
    const { count, level, adjusted } = levels[index]!;
    const { p, verdict } = decide(question, level);
    // 1 - alpha / count would not give back the confidence of a single claim.
    const own = count === 1 ? confidence : 1 - level;
    return {
      verdict,
      p,
      adjusted: p === null ? null : adjusted,
      interval: tInterval(question.sample, own),
      equivalenceInterval: tInterval(question.sample, 1 - 2 * level),
    };
  });
}

/** The level at which a claim is tested, one of `count` parts, and its corrected p-value. */
interface Level {
  readonly count: number;
  readonly level: number;
  readonly adjusted: number;
}

function levelsOf(ps: readonly number[], alpha: number, correction: Correction): readonly Level[] {
  const all = ps.length;
  if (correction === 'bonferroni') {
    return ps.map((p) => ({ count: all, level: alpha / all, adjusted: Math.min(1, p * all) }));
  }
  const levels = new Array<Level>(all);
  const ranked = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  let left = all;
  let adjusted = 0;
  for (const [rank, { p, index }] of ranked.entries()) {
    adjusted = Math.min(1, Math.max(adjusted, p * (all - rank)));
    levels[index] = { count: left, level: alpha / left, adjusted };
    // From the first claim on that is not decided, all stay at its level.
    if (p <= alpha / left && left > 1 && left === all - rank) left--;
  }
  return levels;
}
