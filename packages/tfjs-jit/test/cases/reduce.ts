import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { isTracing, runKernel } from '../../src/recorder.js';
import type { Argument } from '../numbers.js';
import { anyShapes, axesOf, axisOf, type Case, type Sample, shapes, tame, truth, whole, wild } from './case.js';

type Reduce = (x: tf.Tensor, axis?: number[], keepDims?: boolean) => tf.Tensor;
type Of = (shape: readonly number[]) => fc.Arbitrary<Argument>;

/** A reduction over some axes, with `keepDims` or not. */
const over = (of: Of, fn: Reduce, from = shapes()): fc.Arbitrary<Sample> =>
  from
    .chain((shape) => fc.tuple(of(shape), axesOf(shape.length), fc.boolean()))
    .map(([arg, axes, keep]) => ({ fn: (x) => fn(x, axes, keep), args: [arg] }));

/** Along one axis. */
const along = (of: Of, fn: (x: tf.Tensor, axis: number) => tf.Tensor | tf.Tensor[], from = shapes(1)) =>
  from
    .chain((shape) => fc.tuple(of(shape), axisOf(shape.length)))
    .map(([arg, axis]): Sample => ({ fn: (x) => fn(x, axis), args: [arg] }));

/** Integers whose products do not overflow. */
const few: Of = (shape) => whole(shape, -3, 3);
const small: Of = (shape) => tame(shape, 0.5, 1.25);

/**
 * A running sum or product along an axis, forwards or backwards, inclusive or exclusive. The axis is counted from the
 * front, as the cpu backend requires.
 */
const running = (of: Of, fn: (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean) => tf.Tensor) =>
  shapes(1)
    .chain((shape) => fc.tuple(of(shape), fc.nat(shape.length - 1), fc.boolean(), fc.boolean()))
    .map(([arg, axis, exclusive, reverse]): Sample => ({ fn: (x) => fn(x, axis, exclusive, reverse), args: [arg] }));

/** A function of rows. */
const rows = (fn: (x: tf.Tensor) => tf.Tensor) =>
  shapes(1)
    .chain((shape) => tame(shape, 5))
    .map((arg): Sample => ({ fn: (x) => fn(x), args: [arg] }));

/** No function of TensorFlow.js calls this kernel. */
const logSoftmax = (logits: tf.Tensor) =>
  isTracing() ? runKernel<tf.Tensor>(tf.LogSoftmax, { logits }, { axis: -1 }) : tf.logSoftmax(logits);

export const reductions: Case[] = [
  { kernel: tf.All, call: 'all', values: over(truth, tf.all) },
  { kernel: tf.Any, call: 'any', values: over(truth, tf.any) },
  { kernel: tf.ArgMax, call: 'argMax', values: along(tame, tf.argMax), slopes: along(tame, tf.argMax) },
  { kernel: tf.ArgMax, call: 'argMax', values: along(whole, tf.argMax) },
  { kernel: tf.ArgMin, call: 'argMin', values: along(tame, tf.argMin), slopes: along(tame, tf.argMin) },
  { kernel: tf.ArgMin, call: 'argMin', values: along(whole, tf.argMin) },
  { kernel: tf.Cumprod, call: 'cumprod', values: running(small, tf.cumprod) },
  { kernel: tf.Cumprod, call: 'cumprod', values: running(whole, tf.cumprod) },
  {
    kernel: tf.Cumsum,
    call: 'cumsum',
    values: running(tame, tf.cumsum),
    slopes: running(tame, tf.cumsum),
    note: 'the gradient is right along every axis; that of TensorFlow.js only along the last',
  },
  { kernel: tf.Cumsum, call: 'cumsum', values: running(whole, tf.cumsum) },
  {
    kernel: tf.LogSoftmax,
    call: 'logSoftmax',
    values: rows(logSoftmax),
    slopes: rows(logSoftmax),
    note: '`tf.logSoftmax` itself is made of other kernels; `crossEntropy` uses this one',
  },
  { kernel: tf.Max, call: 'max', values: over(wild, tf.max), slopes: over(tame, tf.max) },
  { kernel: tf.Max, call: 'max', values: over(whole, tf.max) },
  {
    kernel: tf.Mean,
    call: 'mean',
    values: over(tame, tf.mean, anyShapes()),
    slopes: over(tame, tf.mean),
    note: 'of no elements it is 0, as in TensorFlow.js',
  },
  ...[whole, truth].map((of): Case => ({ kernel: tf.Mean, call: 'mean', values: over(of, tf.mean) })),
  { kernel: tf.Min, call: 'min', values: over(wild, tf.min), slopes: over(tame, tf.min) },
  { kernel: tf.Min, call: 'min', values: over(whole, tf.min) },
  {
    kernel: tf.Prod,
    call: 'prod',
    values: over(small, tf.prod, anyShapes(0, 3)),
    slopes: over(small, tf.prod, shapes(1, 3)),
  },
  ...[few, truth].map((of): Case => ({ kernel: tf.Prod, call: 'prod', values: over(of, tf.prod, shapes(0, 2)) })),
  { kernel: tf.Softmax, call: 'softmax', values: rows(tf.softmax), slopes: rows(tf.softmax) },
  { kernel: tf.Sum, call: 'sum', values: over(tame, tf.sum, anyShapes()), slopes: over(tame, tf.sum) },
  ...[whole, truth].map((of): Case => ({ kernel: tf.Sum, call: 'sum', values: over(of, tf.sum) })),
  {
    kernel: tf.Max,
    call: 'logSumExp',
    values: over((shape) => tame(shape, 30), tf.logSumExp),
    slopes: over((shape) => tame(shape, 3), tf.logSumExp),
  },
];
