import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyChain, type StepRun, sliceRun, takeSteps } from './runs.js';
import { constantPiece, curvePiece } from './schedule.js';

const BATCH = 4;
const runs: readonly StepRun[] = [
  { rate: curvePiece('linear', 0, 1, 5), order: 'a', offset: 0 },
  { rate: constantPiece(1, 20), order: 'a', offset: 5 * BATCH },
  { rate: constantPiece(1, 10), order: 'b', offset: 0 },
  { rate: curvePiece('cosine', 1, 0.1, 9), order: 'b', offset: 10 * BATCH },
];
const root = KeyChain.root('0'.repeat(64), BATCH);

test('the key of a state does not depend on where the way to it was cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 44 }), fc.array(fc.integer({ min: 1, max: 43 })), (steps, cuts) => {
      const straight = root.extendAll(takeSteps(runs, steps, BATCH)).key();
      let chain = root;
      let begin = 0;
      for (const run of takeSteps(runs, steps, BATCH)) {
        let done = 0;
        const inside = cuts.map((cut) => cut - begin).filter((cut) => cut > 0 && cut < run.rate.steps);
        for (const cut of [...new Set(inside)].sort((a, b) => a - b).concat(run.rate.steps)) {
          chain = chain.extend(sliceRun(run, done, cut - done, BATCH));
          done = cut;
        }
        begin += run.rate.steps;
      }
      expect(chain.key()).toBe(straight);
    }),
  );
});

test('every step changes the key, and so does every part of a step', () => {
  const keys = Array.from({ length: 45 }, (_, steps) => root.extendAll(takeSteps(runs, steps, BATCH)).key());
  expect(new Set(keys).size).toBe(45);
  const [first] = runs;
  const changed = [
    { ...first!, order: 'c' },
    { ...first!, offset: 4 },
    { ...first!, weights: [1, 1, 1, 2] },
    { ...first!, rate: curvePiece('linear', 0, 2, 5) },
  ];
  const all = [first!, ...changed].map((run) => root.extend(run).key());
  expect(new Set(all).size).toBe(5);
});
