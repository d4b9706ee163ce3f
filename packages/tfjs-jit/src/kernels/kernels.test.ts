import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Argument, eager, floats, withGradients } from '../../test/compare.js';

const matrix = () => [floats([5, 7])];
const positive = () => [floats([5, 7], 0.5, 1)];
const pair = () => [floats([4, 1, 6]), floats([3, 6], 1, 3)];

/** Differentiable in all arguments. */
const smooth: [string, (...inputs: tf.Tensor[]) => tf.Tensor, () => Argument[]][] = [
  ['abs', (x) => tf.abs(x), matrix],
  ['add', (a, b) => tf.add(a, b), pair],
  ['broadcastTo', (x) => tf.broadcastTo(x, [3, 5, 7]), matrix],
  ['concat', (a, b) => tf.concat([a, b], 1), () => [floats([2, 3]), floats([2, 5])]],
  ['cos', (x) => tf.cos(x), matrix],
  ['div', (a, b) => tf.div(a, b), pair],
  ['exp', (x) => tf.exp(x), matrix],
  ['expandDims', (x) => tf.expandDims(x, 1), matrix],
  ['gather', (x) => tf.gather(x, tf.tensor1d([3, 0, 3], 'int32')), matrix],
  ['gather, indices of two axes', (x) => tf.gather(x, tf.tensor2d([3, 0, 3, 1], [2, 2], 'int32')), matrix],
  ['log', (x) => tf.log(x), positive],
  ['logSoftmax', (x) => tf.logSoftmax(x), matrix],
  ['matMul', (a, b) => tf.matMul(a, b), () => [floats([5, 8]), floats([8, 9])]],
  ['matMul, a transposed', (a, b) => tf.matMul(a, b, true), () => [floats([8, 70]), floats([8, 9])]],
  ['matMul, b transposed', (a, b) => tf.matMul(a, b, false, true), () => [floats([5, 8]), floats([33, 8])]],
  ['matMul, both transposed', (a, b) => tf.matMul(a, b, true, true), () => [floats([8, 5]), floats([9, 8])]],
  ['matMul, stacked', (a, b) => tf.matMul(a, b), () => [floats([2, 3, 5, 4]), floats([2, 3, 4, 6])]],
  ['matMul, broadcast', (a, b) => tf.matMul(a, b, true), () => [floats([3, 4, 5]), floats([1, 4, 6])]],
  ['max', (x) => tf.max(x, 1), matrix],
  ['maximum', (a, b) => tf.maximum(a, b), () => [floats([3, 4]), floats([4])]],
  ['mean', (x) => tf.mean(x, 0), matrix],
  ['minimum', (a, b) => tf.minimum(a, b), () => [floats([3, 4]), floats([4])]],
  ['mul', (a, b) => tf.mul(a, b), pair],
  ['neg', (x) => tf.neg(x), matrix],
  [
    'pad',
    (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 3],
      ]),
    matrix,
  ],
  ['reciprocal', (x) => tf.reciprocal(x), positive],
  ['relu', (x) => tf.relu(x), matrix],
  ['reshape', (x) => tf.reshape(tf.reshape(x, [7, 5]), [35]), matrix],
  ['rsqrt', (x) => tf.rsqrt(x), positive],
  ['sigmoid', (x) => tf.sigmoid(x), matrix],
  ['sin', (x) => tf.sin(x), matrix],
  ['slice', (x) => tf.slice(x, [1, 2], [3, -1]), matrix],
  ['slice, of the first axis', (x) => tf.concat([tf.slice(x, 1), tf.slice(x, [2], [2])], 0), matrix],
  ['softmax', (x) => tf.softmax(x), matrix],
  ['split', (x) => tf.split(x, [2, 4, 1], 1)[1]!, matrix],
  ['sqrt', (x) => tf.sqrt(x), positive],
  ['square', (x) => tf.square(x), matrix],
  ['squaredDifference', (a, b) => tf.squaredDifference(a, b), pair],
  ['sub', (a, b) => tf.sub(a, b), pair],
  ['sum', (x) => tf.sum(x, [0, 2]), () => [floats([3, 4, 5])]],
  ['tanh', (x) => tf.tanh(x), matrix],
  ['tile', (x) => tf.tile(x, [2, 3]), matrix],
  ['transpose', (x) => tf.transpose(x, [2, 0, 1]), () => [floats([3, 4, 5])]],
  [
    'where',
    (a, b) => tf.where(tf.tensor2d([1, 0, 1, 0, 1, 1], [2, 3], 'bool'), a, b),
    () => [floats([2, 3]), floats([2, 3])],
  ],
];

describe('gradients', () => {
  it.each(smooth)('of %s are near finite differences', async (_name, fn, args) => {
    const own = args();
    const [, ...gradients] = await eager(withGradients(fn, own.length), own);
    const objective = async (changed: readonly Argument[]) => {
      const [value] = await eager(fn, changed);
      return Array.from(value!).reduce((sum, x) => sum + x * x, 0);
    };
    for (const [which, { data }] of own.entries()) {
      for (const index of [0, Math.floor(data.length / 2), data.length - 1]) {
        const step = 2e-3;
        const at = (shift: number) =>
          own.map((arg, i) => {
            if (i !== which) return arg;
            const moved = arg.data.slice();
            moved[index]! += shift;
            return { ...arg, data: moved };
          });
        const slope = ((await objective(at(step))) - (await objective(at(-step)))) / (2 * step);
        const scale = Math.max(1, ...Array.from(gradients[which]!, Math.abs));
        expect(Math.abs(gradients[which]![index]! - slope) / scale).toBeLessThan(5e-3);
      }
    }
  });
});
