import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { compiled, expectSameBits, floats } from './compare.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

describe('elementwise functions', () => {
  const everywhere = [tf.asinh, tf.atan, tf.cos, tf.cosh, tf.elu, tf.erf, tf.exp, tf.expm1, tf.reciprocal, tf.selu];
  everywhere.push(tf.sigmoid, tf.sin, tf.sinh, tf.softplus, tf.tan, tf.tanh);
  const inside = [tf.acos, tf.asin, tf.atanh, tf.log1p];
  const positive = [tf.log, tf.rsqrt, tf.sqrt, (x: tf.Tensor) => tf.acosh(tf.add(x, 1))];
  const pairs = [tf.atan2, tf.div, tf.floorDiv, tf.mod, tf.prelu, (a: tf.Tensor, b: tf.Tensor) => tf.pow(tf.abs(a), b)];

  it('do not depend on the number of threads', async () => {
    const args = [floats([7, 30_011], 4), floats([7, 30_011], 4)];
    const all: Fn = (x, y) => [
      ...everywhere.map((fn) => fn(x)),
      ...inside.map((fn) => fn(tf.mul(x, 0.24))),
      ...positive.map((fn) => fn(tf.abs(x))),
      ...pairs.map((fn) => fn(x, y)),
    ];
    const one = await compiled(all, args, 1);
    for (const threads of [2, 3, 8]) {
      expectSameBits(await compiled(all, args, threads), one, `${threads} threads`);
    }
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
