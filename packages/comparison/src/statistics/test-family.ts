/** A family of tests with a family-wise error level: each test gets its own level. */
import { decide, type HypothesisTest, type Interval, tInterval, type Verdict } from './hypothesis-test.js';

/** How the error level is divided: `holm` (1979) steps down from the smallest p-value; `bonferroni` divides equally. */
export type Correction = 'holm' | 'bonferroni';

/** Error level of a family of tests, and its correction. */
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
  /** Smallest error level of the family at which the test is decided. */
  readonly adjusted: number | null;
  /** Two-sided interval at the test's own level: bounds outside are rejected. */
  readonly interval: Interval | null;
  /** Interval of the two one-sided tests at the same level; equivalent if it lies within the margin. */
  readonly equivalenceInterval: Interval | null;
}

/**
 * Tests several hypotheses together; a test without a p-value counts as undecided. Both intervals of a result are at
 * the level at which the procedure tested it, so that they agree with the verdict. With `bonferroni` the intervals are
 * also simultaneous confidence intervals of the family; with `holm` only the verdicts keep the level. Throws a
 * RangeError for a confidence outside (0.5, 1).
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
    // For a single test use `confidence` itself: 1 - (1 - confidence) is not exact.
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

/** The level of a test (the family's level divided by `count`) and its adjusted p-value. */
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
    // After the first undecided test the level stays the same.
    if (p <= alpha / left && left > 1 && left === all - rank) left--;
  }
  return levels;
}
