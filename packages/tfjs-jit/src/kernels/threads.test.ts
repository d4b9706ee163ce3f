import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { compiled, expectSameBits, floats } from '../../test/compare.js';

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

describe('reductions', () => {
  it('do not depend on the number of threads, whatever their size', async () => {
    for (const shape of [[100_000], [3, 70_000], [70_000, 3], [30, 40, 500], [2048, 96]]) {
      const args = [floats(shape)];
      const sums: Fn = (x) => [tf.sum(x), ...shape.map((_, axis) => tf.sum(x, axis)), tf.mean(x)];
      const one = await compiled(sums, args, 1);
      for (const threads of [2, 3, 8]) expectSameBits(await compiled(sums, args, threads), one, `${shape.join()}`);
    }
  });

  it('do not depend on it whichever axes are kept', async () => {
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

describe('elementwise functions', () => {
  it('do not depend on the number of threads', async () => {
    const [x, y] = [floats([20_011], 0.45, 0.5), floats([20_011], 1, 3)];
    const singles = [tf.acos, tf.asin, tf.asinh, tf.atan, tf.atanh, tf.cos, tf.cosh, tf.elu, tf.erf, tf.exp, tf.expm1];
    singles.push(tf.log, tf.log1p, tf.reciprocal, tf.rsqrt, tf.selu, tf.sigmoid, tf.sin, tf.sinh, tf.softplus);
    singles.push(tf.sqrt, tf.tan, tf.tanh);
    const all: Fn = (a, b) => [
      ...singles.map((fn) => fn(a)),
      ...[tf.atan2, tf.div, tf.floorDiv, tf.mod, tf.pow, tf.prelu].map((fn) => fn(a, b)),
      tf.acosh(tf.add(a, 1)),
    ];
    const one = await compiled(all, [x, y], 1);
    for (const threads of [2, 3, 8]) expectSameBits(await compiled(all, [x, y], threads), one, `${threads} threads`);
  });
});

describe('convolutions and pooling', () => {
  it('do not depend on the number of threads, nor do their gradients', async () => {
    const args = [floats([4, 17, 19, 8]), floats([3, 3, 8, 12]), floats([3, 3, 12, 2])];
    const loss = (x: tf.Tensor, filter: tf.Tensor, each: tf.Tensor) => {
      const first = tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'));
      const second = tf.depthwiseConv2d(tf.maxPool(first, 2, 2, 'valid'), each as tf.Tensor4D, 2, 'same');
      return tf.sum(tf.square(tf.localResponseNormalization(tf.avgPool(second, 2, 1, 'same'))));
    };
    const step: Fn = (...all) => tf.grads(loss)(all);
    const one = await compiled(step, args, 1);
    for (const threads of [2, 3, 8]) expectSameBits(await compiled(step, args, threads), one, `${threads} threads`);
  });
});
