import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { compiled, expectSameBits, floats } from '../../test/compare.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

describe('reductions', () => {
  it('do not depend on the number of threads, for any size', async () => {
    for (const shape of [[100_000], [3, 70_000], [70_000, 3], [30, 40, 500], [2048, 96]]) {
      const args = [floats(shape)];
      const sums: Fn = (x) => [tf.sum(x), ...shape.map((_, axis) => tf.sum(x, axis)), tf.mean(x)];
      const one = await compiled(sums, args, 1);
      for (const threads of [2, 3, 8]) expectSameBits(await compiled(sums, args, threads), one, `${shape.join()}`);
    }
  });

  it('do not depend on it, whichever axes are kept', async () => {
    const sizes = [1, 2, 3, 7, 40];
    const shapes = sizes.flatMap((a) => sizes.flatMap((b) => sizes.map((c) => [a, b, c])));
    const args = shapes.map((shape) => floats(shape));
    for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2]]) {
      const sums: Fn = (...all) => all.flatMap((x) => [tf.sum(x, axes), tf.mean(x, axes)]);
      const one = await compiled(sums, args, 1);
      for (const threads of [3, 32]) expectSameBits(await compiled(sums, args, threads), one, axes.join());
    }
  });
});
