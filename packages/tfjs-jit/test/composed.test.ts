import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { difference } from './cases/check.js';
import { type Argument, compiled, eager, floats, withGradients } from './compare.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

const matrix = () => [floats([5, 6])];
const pair = () => [floats([5, 6]), floats([5, 6])];
const shares = () => [floats([5, 6], 0.4, 0.5), floats([5, 6], 0.4, 0.5)];
const image = () => [floats([2, 6, 7, 3])];

/** TensorFlow.js functions that use several kernels, and the number of arguments to differentiate. */
const FUNCTIONS: [string, Fn, () => Argument[], number][] = [
  ['basicLSTMCell', cell, () => [floats([7, 16]), floats([16]), floats([2, 3]), floats([2, 4]), floats([2, 4])], 5],
  ['bandPart', (x) => tf.linalg.bandPart(x, 1, 2), matrix, 1],
  [
    'conv1d',
    (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, 'same'),
    () => [floats([2, 7, 3]), floats([3, 3, 4])],
    2,
  ],
  ['cosineDistance', (a, b) => tf.losses.cosineDistance(a, b, 1), pair, 2],
  ['dilated pool', (x) => tf.pool(x as tf.Tensor4D, [2, 2], 'avg', 'valid', [2, 2], 1), image, 1],
  ['dot', (a, b) => tf.dot(a, b), () => [floats([5]), floats([5])], 2],
  ['euclideanNorm', (x) => tf.euclideanNorm(x, 1), matrix, 1],
  ['eye', (x) => tf.add(x, tf.eye(5, 6)), matrix, 1],
  ['gramSchmidt', (x) => tf.linalg.gramSchmidt(x as tf.Tensor2D), () => [floats([3, 5])], 1],
  ['grayscaleToRGB', (x) => tf.image.grayscaleToRGB(x as tf.Tensor4D), () => [floats([2, 3, 4, 1])], 1],
  ['hingeLoss', (a, b) => tf.losses.hingeLoss(tf.cast(tf.greater(a, 0), 'float32'), b), pair, 0],
  ['huberLoss', (a, b) => tf.losses.huberLoss(a, b), pair, 2],
  ['logLoss', (a, b) => tf.losses.logLoss(a, b), shares, 2],
  ['logSigmoid', (x) => tf.logSigmoid(x), matrix, 1],
  ['logSoftmax', (x) => tf.logSoftmax(x), matrix, 1],
  ['meanSquaredError', (a, b) => tf.losses.meanSquaredError(a, b), pair, 2],
  ['meshgrid', (a, b) => tf.meshgrid(a, b), () => [floats([3]), floats([4])], 0],
  ['moments', (x) => Object.values(tf.moments(x, [0])), matrix, 0],
  ['movingAverage', (v, x) => tf.add(tf.mul(v, 0.9), tf.mul(x, 0.1)), pair, 2],
  ['norm', (x) => tf.norm(x, 'fro', [0, 1]), matrix, 1],
  ['outerProduct', (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D), () => [floats([3]), floats([4])], 2],
  ['qr', (x) => tf.linalg.qr(x), () => [floats([3, 3])], 0],
  ['rgbToGrayscale', (x) => tf.image.rgbToGrayscale(x as tf.Tensor4D), image, 0],
  ['rot90 by transposes', (x) => tf.reverse(tf.transpose(x), 0), matrix, 1],
  [
    'separableConv2d',
    (x, depth, point) => tf.separableConv2d(x as tf.Tensor4D, depth as tf.Tensor4D, point as tf.Tensor4D, 1, 'same'),
    () => [...image(), floats([3, 3, 3, 2]), floats([1, 1, 6, 4])],
    3,
  ],
  ['sigmoidCrossEntropy', (a, b) => tf.losses.sigmoidCrossEntropy(a, b), shares, 0],
  ['softmaxCrossEntropy', (a, b) => tf.losses.softmaxCrossEntropy(tf.softmax(a), b), pair, 2],
  ['squeeze', (x) => tf.squeeze(tf.expandDims(x, 1)), matrix, 1],
  ['tensor methods of a loss', (x) => tf.sum(tf.square(tf.sub(x, tf.mean(x, 1, true)))), matrix, 1],
  [
    'threshold',
    (x) => tf.image.threshold(tf.mul<tf.Tensor3D>(tf.abs(x), 255), 'binary', false, 0.5),
    () => [floats([6, 7, 1])],
    0,
  ],
];

function cell(...[kernel, bias, data, c, h]: tf.Tensor[]): tf.Tensor {
  type Matrix = tf.Tensor2D;
  const [newC, newH] = tf.basicLSTMCell(
    ...([tf.scalar(1), kernel as Matrix, bias as tf.Tensor1D] as const),
    ...([data as Matrix, c as Matrix, h as Matrix] as const),
  );
  return tf.add(newC, tf.mul(newH, 2));
}

it.each(FUNCTIONS)('%s', async (_name, fn, args, differentiable) => {
  const own = args();
  const all = differentiable > 0 ? withGradients(fn as (...inputs: tf.Tensor[]) => tf.Tensor, differentiable) : fn;
  const expected = await eager(all, own);
  const actual = await compiled(all, own);
  expect(expected.map((array, index) => difference(actual[index]!, array, 1e-4)).filter(Boolean)).toEqual([]);
});
