/** A family of tests: each gets its own error level, so that all verdicts together keep that of the family. */
import { decide, type HypothesisTest, type Interval, tInterval, type Verdict } from './hypothesis-test.js';

/** How the error level is divided: `holm` (1979) step by step, from the smallest p-value on; `bonferroni` equally. */
export type Correction = 'holm' | 'bonferroni';

/** Error level of a family of tests, and how it is divided. */
export interface Family {
  /** 1 - the error level of the family, above 0.5 and below 1. */
  readonly confidence: number;
  readonly correction: Correction;
}

/** The result of one test of a family. */
export interface TestResult {
  readonly verdict: Verdict;
  /** Smallest error level at which the test alone is decided; null with fewer than two measurements. */
  readonly p: number | null;
  /** Smallest error level of the family at which it is decided. */
  readonly adjusted: number | null;
  /** Two-sided, at the test's own level: a bound outside of it is excluded. */
  readonly interval: Interval | null;
  /** Of the two one-sided tests at the same level: inside the margin means equivalent. */
  readonly equivalenceInterval: Interval | null;
}

/**
 * Tests several hypotheses together; one without a p-value counts as undecided. Both intervals of a result are at the
 * level at which the procedure tested it, so that the verdict can be read off them. With `bonferroni` the intervals
 * also hold the true means all at once with the family's confidence; with `holm` only the verdicts keep the level.
 * Throws a RangeError for a confidence that is not above 0.5 and below 1.
 */
export function testFamily(
  tests: readonly HypothesisTest[],
  { confidence, correction }: Family,
): readonly TestResult[] {
  if (!(confidence > 0.5 && confidence < 1))
    throw new RangeError(`a confidence of ${confidence} is not above 0.5 and below 1`);
  const alpha = 1 - confidence;
  const ps = tests.map((test) => decide(test, alpha).p ?? 1);
  const levels = levelsOf(ps, alpha, correction);
  return tests.map((test, index): TestResult => {
    const { count, level, adjusted } = levels[index]!;
    const { p, verdict } = decide(test, level);
    // 1 - alpha / count would not give back the confidence of a single test.
    const own = count === 1 ? confidence : 1 - level;
    return {
      verdict,
      p,
      adjusted: p === null ? null : adjusted,
      interval: tInterval(test.sample, own),
      equivalenceInterval: tInterval(test.sample, 1 - 2 * level),
    };
  });
}

/** The level of a test, one of `count` parts, and its corrected p-value. */
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
    // From the first undecided test on, all stay at its level.
    if (p <= alpha / left && left > 1 && left === all - rank) left--;
  }
  return levels;
}
