import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { compiled, expectSameBits, floats } from '../../test/compare.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

describe('matrix products', () => {
  it('do not depend on the number of threads, for any size', async () => {
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
        for (const threads of [2, 3, 8]) expectSameBits(await compiled(products, args, threads), one, `${rows}`);
      }
    }
  });

  it('do not depend on the number of threads in a stack', async () => {
    const args = [2, 3, 5].flatMap((n) => [floats([n, 40, 300]), floats([n, 300, 97])]);
    const products: Fn = (...all) => [0, 2, 4].map((i) => tf.matMul(all[i]!, all[i + 1]!));
    const one = await compiled(products, args, 1);
    for (const threads of [2, 3, 8]) expectSameBits(await compiled(products, args, threads), one, `${threads} threads`);
  });
});
