import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compiled, floats } from '../../test/compare.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

describe('matrix products', () => {
  it('do not depend on the number of threads, whatever their size', async () => {
    const sizes = [1, 2, 3, 17, 33, 65, 97];
    const sides = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));
    for (const inner of [100, 300]) {
      for (const rows of sizes) {
        const shapes = sizes.flatMap((columns) => sides.map(([a, b]) => ({ columns, a, b })));
        const args = shapes.flatMap(({ columns, a, b }) => [
          floats(a ? [inner, rows] : [rows, inner]),
          floats(b ? [columns, inner] : [inner, columns]),
        ]);
        const products: Fn = (...all) => shapes.map(({ a, b }, i) => tf.matMul(all[2 * i]!, all[2 * i + 1]!, a, b));
        const one = await compiled(products, args, 1);
        for (const threads of [2, 3, 8]) expect(await compiled(products, args, threads), `${rows}`).toEqual(one);
      }
    }
  });

  it('do not depend on the number of threads in a stack', async () => {
    const args = [2, 3, 5].flatMap((n) => [floats([n, 40, 300]), floats([n, 300, 97])]);
    const products: Fn = (...all) => [0, 2, 4].map((i) => tf.matMul(all[i]!, all[i + 1]!));
    const one = await compiled(products, args, 1);
    for (const threads of [2, 3, 8]) expect(await compiled(products, args, threads)).toEqual(one);
  });
});

describe('reductions', () => {
  it('do not depend on the number of threads, whatever their size', async () => {
    for (const shape of [[100_000], [3, 70_000], [70_000, 3], [30, 40, 500], [2048, 96]]) {
      const args = [floats(shape)];
      const sums: Fn = (x) => [tf.sum(x), ...shape.map((_, axis) => tf.sum(x, axis)), tf.mean(x)];
      const one = await compiled(sums, args, 1);
      for (const threads of [2, 3, 8]) expect(await compiled(sums, args, threads), `${shape.join()}`).toEqual(one);
    }
  });

  it('do not depend on it whichever axes are kept', async () => {
    const sizes = [1, 2, 3, 7, 40];
    const shapes = sizes.flatMap((a) => sizes.flatMap((b) => sizes.map((c) => [a, b, c])));
    const args = shapes.map((shape) => floats(shape));
    for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2]]) {
      const sums: Fn = (...all) => all.flatMap((x) => [tf.sum(x, axes), tf.mean(x, axes)]);
      const one = await compiled(sums, args, 1);
      for (const threads of [3, 32]) expect(await compiled(sums, args, threads), axes.join()).toEqual(one);
    }
  });
});
