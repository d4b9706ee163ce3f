import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constant, cosine, knee, linear, multiStep, stableDecay } from '../spec/schedule.js';
import { continuesPiece, expandSchedule, rateAt, slicePiece } from './rate-pieces.js';

const rates = (input: Parameters<typeof expandSchedule>[0]) =>
  expandSchedule(input).flatMap((piece) => Array.from({ length: piece.steps }, (_, index) => rateAt(piece, index)));

const base = { warmup: 0, base: 1, min: 0.1 };

test('warm-up ends at the start rate of the schedule, and decays end at the minimum', () => {
  expect(rates({ ...base, steps: 5, warmup: 4, schedule: constant() })).toEqual([0.25, 0.5, 0.75, 1, 1]);
  for (const schedule of [cosine(), linear(), knee(0.5), stableDecay(0.5)]) {
    const all = rates({ ...base, steps: 40, schedule });
    expect(all).toHaveLength(40);
    expect(all.at(-1)).toBe(0.1);
    expect(all[0]).toBeLessThanOrEqual(1);
  }
});

test('multi-step holds 80%, then 31.6%, then 10%', () => {
  expect(rates({ ...base, steps: 10, schedule: multiStep() })).toEqual([...new Array<number>(8).fill(1), 0.316, 0.1]);
});

test('1-sqrt follows peak (1 - sqrt r) + end sqrt r', () => {
  const all = rates({ ...base, steps: 4, schedule: [{ share: 1, curve: '1-sqrt', to: 'min' }] });
  const expected = [0.25, 0.5, 0.75, 1].map((r) => 1 - Math.sqrt(r) + 0.1 * Math.sqrt(r));
  for (const [index, rate] of all.entries()) expect(rate).toBeCloseTo(expected[index]!, 12);
});

test('a schedule has exactly its number of steps, for any shares', () => {
  const shapes = fc.constantFrom(constant(), cosine(), linear(), knee(0.3), multiStep(), stableDecay(0.17));
  fc.assert(
    fc.property(
      shapes,
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 0, max: 1200 }),
      (schedule, steps, warmup) => {
        const all = rates({ ...base, steps, warmup, schedule });
        expect(all).toHaveLength(steps);
        expect(all.every((rate) => rate > 0 && rate <= 1)).toBe(true);
      },
    ),
  );
});

test('parts of a split piece have the rates of the whole, and continue each other', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(cosine(), linear(), constant(), stableDecay(1)),
      fc.integer({ min: 2, max: 200 }),
      fc.nat(),
      (schedule, steps, at) => {
        const [piece] = expandSchedule({ ...base, steps, schedule });
        const cut = 1 + (at % (steps - 1));
        const [head, tail] = [slicePiece(piece!, 0, cut), slicePiece(piece!, cut, steps - cut)];
        expect(continuesPiece(head, tail)).toBe(true);
        const whole = Array.from({ length: steps }, (_, index) => rateAt(piece!, index));
        const parts = [head, tail].flatMap((part) =>
          Array.from({ length: part.steps }, (_, index) => rateAt(part, index)),
        );
        expect(parts).toEqual(whole);
      },
    ),
  );
});
