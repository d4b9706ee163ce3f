import { expect, test } from 'vitest';
import { type ClassifierFigures, figuresOf, figuresSchema, judgeScore, type ScoredText } from './classifier-figures.js';

const removed = { evaluated: 0, shared: 0 };
const texts = (scores: readonly number[], name: string): ScoredText[] =>
  scores.map((score, index) => ({ score, document: `${name} ${index}`, bytes: 10 }));
const figures = (reference: readonly number[], sample: readonly number[]) =>
  figuresOf(texts(reference, 'a'), texts(sample, 'b'), removed, (score) => 1 / (1 + Math.exp(-score)));

/** The area under the curve by its definition. */
function pairs(reference: readonly number[], sample: readonly number[]): number {
  const wins = reference.flatMap((a) => sample.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

test('the area under the curve is the share of pairs in the right order; ties count half', () => {
  for (const [reference, sample] of [
    [
      [3, 1, 2],
      [2, 2, 0, -1],
    ],
    [[1], [1]],
    [
      [5, 5, 5, 1],
      [5, 5, 0],
    ],
  ] as const)
    expect(figures(reference, sample).auc).toBeCloseTo(pairs(reference, sample), 12);
});

test('its standard error is that of Hanley and McNeil, with one observation per document', () => {
  // Their example: an area of 0.893 with 51 abnormal and 58 normal images has the error 0.032.
  const rank = (count: number, of: number) => Array.from({ length: count }, (_, index) => (index / count) * of);
  const areas = figuresOf(texts(rank(51, 1), 'a'), texts(rank(58, 1), 'b'), removed, () => 0.5);
  expect(areas.standardError).toBeCloseTo(Math.sqrt(1 / 12) * Math.sqrt(1 / 51 + 1 / 58), 2);
  const parts = texts(rank(51, 1), 'a').map((text, index) => ({ ...text, document: `${index % 5}` }));
  const few = figuresOf(parts, texts(rank(58, 1), 'b'), removed, () => 0.5);
  expect(few.reference).toEqual({ documents: 5, texts: 51, bytes: 510 });
  expect(few.standardError).toBeGreaterThan(2 * areas.standardError);
});

test('accuracy counts both samples the same; overlap is the share above the lowest tenth of the reference', () => {
  const reference = Array.from({ length: 20 }, (_, index) => index - 1);
  const { accuracy, overlap } = figures(reference, [-5, -4, -3, 0.5, 1, 2]);
  // 18 of 20 above 0, 3 of 6 below; the lowest tenth ends below 1.
  expect(accuracy).toBeCloseTo((18 / 20 + 3 / 6) / 2, 12);
  expect(overlap).toBeCloseTo(2 / 6, 12);
});

test('fifths have a fifth of the weight each: the share of the reference, and the predicted one', () => {
  const { fifths } = figures([3, 4, 5, 6, 7], [-7, -6, -5, -4, -3]);
  expect(fifths.map(({ reference }) => Number(reference.toFixed(9)))).toEqual([0, 0, 0.5, 1, 1]);
  expect(fifths[0]!.predicted).toBeLessThan(0.01);
  expect(fifths[4]!.predicted).toBeGreaterThan(0.99);
  const calibrated = figures([2, 2, 2, -2], [-2, -2, -2, 2]);
  expect(figuresSchema.parse(calibrated)).toEqual(calibrated);
  expect(calibrated.fifths[4]).toMatchObject({ predicted: expect.closeTo(0.88, 2) as number });
});

test.each<[string, ClassifierFigures['auc'], number, number, string]>([
  ['random scores', 0.5, 0.01, 0.9, 'indistinct'],
  ['an area just above 0.6', 0.61, 0.01, 0.5, 'indistinct'],
  ['a good area of few documents', 0.75, 0.08, 0.5, 'indistinct'],
  ['clearly above', 0.63, 0.01, 0.5, 'useful'],
  ['apart', 0.9999, 0.0001, 0.005, 'apart'],
  ['almost apart', 0.999, 0.0001, 0.02, 'useful'],
])('is the score worth sorting by: %s', (_, auc, standardError, overlap, verdict) => {
  const judged = judgeScore({ ...figures([1, 2], [0, 1]), auc, standardError, overlap });
  expect(judged.verdict).toBe(verdict);
  expect(judged.advice).toMatch(verdict === 'useful' ? /worth sorting by$/ : /choose a/);
});
