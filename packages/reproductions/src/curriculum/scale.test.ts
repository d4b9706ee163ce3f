import { expect, it } from 'vitest';
import { SPACINGS } from './names.js';
import { SCALES, THEORY } from './scale.js';

it('scales divide into what is made of them: spacings of checkpoints in whole steps, and four versions', () => {
  for (const { steps } of Object.values(SCALES)) {
    for (const spacing of SPACINGS) expect(Number.isInteger(steps * spacing)).toBe(true);
    expect(steps % 4).toBe(0);
  }
  // The oldest of twelve checkpoints of the theory lies well behind the warm-up.
  expect(11 * Math.floor(THEORY.steps / 40)).toBeLessThan(THEORY.steps - THEORY.lr.warmup);
});
