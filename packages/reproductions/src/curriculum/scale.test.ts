import { expect, it } from 'vitest';
import { SPACINGS } from './names.js';
import { LARGE, NARROW, SCALES, THEORY } from './scale.js';

it('steps of scales are divisible by checkpoint spacings and by four versions', () => {
  for (const { steps } of [...Object.values(SCALES), NARROW, LARGE]) {
    for (const spacing of SPACINGS) expect(Number.isInteger(steps * spacing)).toBe(true);
    expect(steps % 4).toBe(0);
  }
  // The oldest of twelve checkpoints of the quadratic is well after the warm-up.
  expect(11 * Math.floor(THEORY.steps / 80)).toBeLessThan(THEORY.steps - THEORY.lr.warmup);
});
