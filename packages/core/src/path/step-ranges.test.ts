import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyChain } from './key-chain.js';
import { constantPiece, curvePiece } from './rate-pieces.js';
import { type StepRange, sliceRange, takeSteps } from './step-ranges.js';

const BATCH = 4;
const ranges: readonly StepRange[] = [
  { rate: curvePiece('linear', 0, 1, 5), order: 'a', offset: 0 },
  { rate: constantPiece(1, 20), order: 'a', offset: 5 * BATCH },
  { rate: constantPiece(1, 10), order: 'b', offset: 0 },
  { rate: curvePiece('cosine', 1, 0.1, 9), order: 'b', offset: 10 * BATCH },
];
const root = KeyChain.root('0'.repeat(64), BATCH);

test('the key of a state does not depend on where its path was split', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 44 }), fc.array(fc.integer({ min: 1, max: 43 })), (steps, cuts) => {
      const straight = root.extendAll(takeSteps(ranges, steps, BATCH)).key();
      let chain = root;
      let begin = 0;
      for (const range of takeSteps(ranges, steps, BATCH)) {
        let done = 0;
        const inside = cuts.map((cut) => cut - begin).filter((cut) => cut > 0 && cut < range.rate.steps);
        for (const cut of [...new Set(inside)].sort((a, b) => a - b).concat(range.rate.steps)) {
          chain = chain.extend(sliceRange(range, done, cut - done, BATCH));
          done = cut;
        }
        begin += range.rate.steps;
      }
      expect(chain.key()).toBe(straight);
    }),
  );
});

test('every step, and every property of a step, changes the key', () => {
  const keys = Array.from({ length: 45 }, (_, steps) => root.extendAll(takeSteps(ranges, steps, BATCH)).key());
  expect(new Set(keys).size).toBe(45);
  const [first] = ranges;
  const changed = [
    { ...first!, order: 'c' },
    { ...first!, offset: 4 },
    { ...first!, weights: [1, 1, 1, 2] },
    { ...first!, rate: curvePiece('linear', 0, 2, 5) },
  ];
  const all = [first!, ...changed].map((range) => root.extend(range).key());
  expect(new Set(all).size).toBe(5);
});
