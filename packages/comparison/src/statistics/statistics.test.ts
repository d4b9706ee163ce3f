import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Hypothesis, tInterval } from './hypothesis-test.js';
import { type Sample, summarize } from './sample.js';
import { criticalValue, upperTail } from './student.js';
import { testFamily } from './test-family.js';

const runs = { seed: 1, numRuns: 200 };

/** Decimal digits to which two libraries agree. */
const digits = (value: number) => Number(value.toPrecision(12));

describe("Student's t", () => {
  // from scipy import stats; stats.t.ppf(p, df); scipy 1.17.1
  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.95, 2, 2.9199855803537242],
    [0.975, 4, 2.7764451051977934],
    [0.995, 9, 3.249835541592126],
    [0.9999, 3, 22.203742273205],
  ])('is exceeded with probability 1 - %f with %i degrees of freedom by %f', (p, freedom, expected) => {
    expect(digits(criticalValue(1 - p, freedom))).toBe(digits(expected));
  });

  // stats.t.sf(x, df)
  it.each([
    [4.3, 2, 0.025028577058545796],
    [50, 4, 4.787226828484845e-7],
    [1e4, 3, 1.102657751147905e-12],
  ])('keeps its digits in the tail beyond %f', (t, freedom, expected) => {
    expect(digits(upperTail(t, freedom))).toBe(digits(expected));
  });
});

describe('known answers', () => {
  // The sleep data of Student (1908). In R: t.test(extra ~ group, data = sleep, paired = TRUE).
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const sleep = summarize(first.map((value, index) => value - second[index]!));

  it('has the paired interval and the p-value of R', () => {
    expect(sleep.mean).toBeCloseTo(-1.58, 12);
    const { low, high } = tInterval(sleep, 0.95)!;
    expect(low).toBeCloseTo(-2.459885763276983, 12);
    expect(high).toBeCloseTo(-0.7001142367230175, 12);
    const { p, verdict } = decide({ sample: sleep, hypothesis: { kind: 'compare' } }, 0.05);
    expect(p).toBeCloseTo(0.002832890197384273, 14);
    expect(verdict).toBe('below');
  });

  // max(stats.ttest_1samp(d, -m, alternative='greater').pvalue, stats.ttest_1samp(d, m, alternative='less').pvalue)
  it.each([
    [1, 0.9149441145512885, 'undecided'],
    [2, 0.1541572356690974, 'undecided'],
    [3, 0.002655570292658671, 'holds'],
  ])('has the two one-sided tests of scipy for a margin of %i', (margin, expected, verdict) => {
    const hypothesis: Hypothesis = { kind: 'within', margin };
    const answer = decide({ sample: sleep, hypothesis }, 0.05);
    expect(answer.verdict).toBe(verdict);
    // Beyond the margin, the smaller p-value is that of the opposite hypothesis.
    if (margin > 1.58) expect(answer.p).toBeCloseTo(expected, 12);
  });

  it('tests against a bound', () => {
    // stats.ttest_1samp([...], -0.01).pvalue
    const sample = summarize([-0.031, -0.022, -0.04, -0.027, -0.035]);
    const answer = decide({ sample, hypothesis: { kind: 'below', bound: -0.01 } }, 0.05);
    expect(answer.p).toBeCloseTo(0.00252158627653183, 12);
    expect(answer.verdict).toBe('holds');
    expect(decide({ sample, hypothesis: { kind: 'above', bound: -0.01 } }, 0.05).verdict).toBe('fails');
    expect(decide({ sample, hypothesis: { kind: 'below', bound: -0.03 } }, 0.05).verdict).toBe('undecided');
  });

  it('corrects p-values as R and statsmodels do', () => {
    // p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.005), 'holm'); multipletests(..., method='holm')
    const ps = [0.01, 0.02, 0.03, 0.04, 0.005];
    const tests = ps.map((p) => ({ sample: sampleWith(p), hypothesis: { kind: 'compare' } as const }));
    const adjusted = (correction: 'holm' | 'bonferroni') =>
      testFamily(tests, { confidence: 0.95, correction }).map(({ adjusted }) => Number(adjusted!.toFixed(9)));
    expect(adjusted('holm')).toEqual([0.04, 0.06, 0.06, 0.06, 0.025]);
    expect(adjusted('bonferroni')).toEqual([0.05, 0.1, 0.15, 0.2, 0.025]);
  });
});

/** A sample of four whose two-sided p-value against 0 is `p`. */
function sampleWith(p: number): Sample {
  return { count: 4, mean: criticalValue(p / 2, 3), standardDeviation: 2 };
}

describe('a sample', () => {
  it('of equal values has a standard deviation of exactly 0', () => {
    expect(summarize([0.1, 0.1, 0.1])).toEqual({ count: 3, mean: 0.1, standardDeviation: 0 });
  });

  it('of one value leaves every test undecided', () => {
    const sample = summarize([5]);
    expect(sample.standardDeviation).toBeNull();
    expect(tInterval(sample, 0.95)).toBeNull();
    expect(decide({ sample, hypothesis: { kind: 'above', bound: 0 } }, 0.05)).toEqual({
      p: null,
      verdict: 'undecided',
    });
  });

  it('without spread decides every test', () => {
    const verdict = (value: number, hypothesis: Hypothesis) =>
      decide({ sample: summarize([value, value, value]), hypothesis }, 0.05).verdict;
    expect(verdict(0, { kind: 'compare', margin: 0.1 })).toBe('equivalent');
    expect(verdict(0, { kind: 'compare' })).toBe('undecided');
    expect(verdict(-1e-9, { kind: 'compare' })).toBe('below');
    expect(verdict(2, { kind: 'below', bound: 1 })).toBe('fails');
    expect(verdict(2, { kind: 'within', margin: 1 })).toBe('fails');
  });

  it('of no values or of non-finite values is rejected', () => {
    expect(() => summarize([])).toThrow('no values');
    expect(() => summarize([1, Number.NaN])).toThrow('NaN is not a finite number');
  });
});

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 6 });

describe('properties', () => {
  it('shifting and scaling the values shifts and scales the interval', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -50, max: 50 }), fc.constantFrom(0.25, 2, 8), (list, shift, scale) => {
        const { low, high } = tInterval(summarize(list), 0.95)!;
        const moved = tInterval(summarize(list.map((value) => scale * value + shift)), 0.95)!;
        expect(moved.low).toBeCloseTo(scale * low + shift, 6);
        expect(moved.high).toBeCloseTo(scale * high + shift, 6);
      }),
      runs,
    );
  });

  it('flipping the sign flips the verdict', () => {
    const turned = { below: 'above', above: 'below', equivalent: 'equivalent', undecided: 'undecided' } as const;
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 500 }), (list, margin) => {
        const verdict = (all: readonly number[]) =>
          decide({ sample: summarize(all), hypothesis: { kind: 'compare', margin } }, 0.05).verdict;
        const there = verdict(list) as keyof typeof turned;
        if (summarize(list).mean !== 0) expect(verdict(list.map((value) => -value))).toBe(turned[there]);
      }),
      runs,
    );
  });

  it('every verdict of a family agrees with its interval', () => {
    const hypotheses: fc.Arbitrary<Hypothesis> = fc.oneof(
      fc.record({ kind: fc.constant('compare' as const), margin: fc.integer({ min: 1, max: 900 }) }),
      fc.record({
        kind: fc.constantFrom('above' as const, 'below' as const),
        bound: fc.integer({ min: -500, max: 500 }),
      }),
      fc.record({ kind: fc.constant('within' as const), margin: fc.integer({ min: 1, max: 900 }) }),
    );
    const tests = fc.array(fc.tuple(values, hypotheses), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(tests, fc.constantFrom('holm' as const, 'bonferroni' as const), (list, correction) => {
        const asked = list.map(([all, hypothesis]) => ({ sample: summarize(all), hypothesis }));
        for (const [index, judged] of testFamily(asked, { confidence: 0.95, correction }).entries()) {
          const { hypothesis } = asked[index]!;
          const { verdict, interval, equivalenceInterval, adjusted } = judged;
          if (verdict === 'undecided') expect(adjusted).toBeGreaterThan(0.05 - 1e-12);
          else expect(adjusted).toBeLessThanOrEqual(0.05 + 1e-12);
          expect(verdict).toBe(readOff(hypothesis, interval!, equivalenceInterval!));
        }
      }),
      runs,
    );
  });

  it('Holm decides everything that Bonferroni decides, with the same verdict', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (lists) => {
        const asked = lists.map((list) => ({
          sample: summarize(list),
          hypothesis: { kind: 'compare', margin: 100 } as const,
        }));
        const by = (correction: 'holm' | 'bonferroni') => testFamily(asked, { confidence: 0.95, correction });
        for (const [index, { verdict }] of by('bonferroni').entries()) {
          if (verdict === 'undecided') continue;
          const holm = by('holm')[index]!.verdict;
          // At a larger level a difference can become equivalent as well.
          expect([verdict, 'equivalent']).toContain(holm);
        }
      }),
      runs,
    );
  });
});

function readOff(hypothesis: Hypothesis, at: { low: number; high: number }, inner: { low: number; high: number }) {
  const inside = (margin: number) => inner.low > -margin && inner.high < margin;
  if (hypothesis.kind === 'compare') {
    if (hypothesis.margin !== undefined && inside(hypothesis.margin)) return 'equivalent';
    return at.high < 0 ? 'below' : at.low > 0 ? 'above' : 'undecided';
  }
  if (hypothesis.kind === 'within') {
    if (inside(hypothesis.margin)) return 'holds';
    return at.low > hypothesis.margin || at.high < -hypothesis.margin ? 'fails' : 'undecided';
  }
  const { kind, bound } = hypothesis;
  const side = at.low > bound ? 'above' : at.high < bound ? 'below' : undefined;
  return side === undefined ? 'undecided' : side === kind ? 'holds' : 'fails';
}

describe('by simulation', () => {
  it('intervals have their nominal coverage', () => {
    const normal = normals(1);
    for (const count of [2, 3, 5]) {
      let covered = 0;
      for (let trial = 0; trial < 4000; trial++) {
        const { low, high } = tInterval(summarize(Array.from({ length: count }, () => 3 + 2 * normal())), 0.9)!;
        if (low <= 3 && 3 <= high) covered++;
      }
      // Within four standard errors of 0.9 for 4000 trials.
      expect(Math.abs(covered / 4000 - 0.9)).toBeLessThan(0.019);
    }
  });

  it('a family with a common baseline keeps its error level', () => {
    // Worst cases: no difference (any direction is false), and a difference equal to the margin (equivalence is false).
    const normal = normals(2);
    for (const correction of ['holm', 'bonferroni'] as const) {
      for (const truth of [
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        [0, 1, 5, -5],
      ]) {
        let wrong = 0;
        for (let trial = 0; trial < 2000; trial++) {
          const baseline = Array.from({ length: 4 }, normal);
          const tests = truth.map((mean) => ({
            sample: summarize(baseline.map((value) => mean + 0.4 * (normal() - value))),
            hypothesis: { kind: 'compare', margin: 1 } as const,
          }));
          const judged = testFamily(tests, { confidence: 0.95, correction });
          if (judged.some(({ verdict }, index) => isFalse(verdict, truth[index]!))) wrong++;
        }
        expect(wrong / 2000).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / 2000));
      }
    }
  });
});

const isFalse = (verdict: string, mean: number) =>
  (verdict === 'below' && mean >= 0) ||
  (verdict === 'above' && mean <= 0) ||
  (verdict === 'equivalent' && Math.abs(mean) >= 1);

/** Standard normal numbers by Box and Muller (1958) from mulberry32. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
