import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Program } from './decoder.js';
import { FirstRun } from './first-run.js';

const program: Program = { fn: (x) => tf.mul(x, 2), inputs: [{ dtype: 'float32', shape: [3] }] };
const inputs = [Float32Array.of(1, -50, 0)];
const compare = (check: FirstRun, ...found: number[]) =>
  check.compare(
    () => inputs,
    ([wanted]) => [[Float32Array.from(found), wanted!]],
  );

it('accepts rounding, and rejects larger differences with a remedy', async () => {
  await compare(new FirstRun('webgpu', program), 2.0001, -100.5, 0);
  for (const wrong of [
    [2, -98, 0],
    [0, 0, 0],
    [2, -100, Number.NaN],
  ]) {
    await expect(compare(new FirstRun('webgpu', program), ...wrong)).rejects.toThrow(
      /webgpu computes wrong results here: .*\n.*device: 'cpu'/,
    );
  }
});

it('compares until results agree once, and never again', async () => {
  const check = new FirstRun('webgpu', program);
  await expect(compare(check, 0, 0, 0)).rejects.toThrow();
  await expect(compare(check, 0, 0, 0)).rejects.toThrow();
  await compare(check, 2, -100, 0);
  await compare(check, 0, 0, 0);
});

it('accepts numbers that are not finite on both sides: the trainer reports them', async () => {
  const check = new FirstRun('webgpu', program);
  await check.compare(
    () => [Float32Array.of(Number.NaN, 1, 1)],
    ([wanted]) => [[Float32Array.of(Number.NaN, 2, 2), wanted!]],
  );
});
