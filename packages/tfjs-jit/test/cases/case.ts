import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Argument, numbers } from '../numbers.js';

/** A call that tests a kernel: the function and its arguments. */
export interface Sample {
  readonly fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  readonly args: readonly Argument[];
}

/** How one kernel is tested. A kernel can have several cases. */
export interface Case {
  readonly kernel: string;
  /** TensorFlow.js function that calls it, without `tf.`. */
  readonly call: string;
  /** Random calls whose results are compared. */
  readonly values?: fc.Arbitrary<Sample>;
  /** Random calls whose gradients in all float arguments are compared as well. */
  readonly slopes?: fc.Arbitrary<Sample>;
  /** Note in the table of covered kernels. */
  readonly note?: string;
}

export type Fn = Sample['fn'];

/** Numbers at which functions have special cases. */
const SPECIAL = [
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  6,
  1e-6,
  -1e-6,
  90,
  -90,
  1e30,
  -1e30,
];

const seeds = fc.integer({ min: 1, max: 1_000_000 });

/** Shapes with axes of 1 to 4. */
export const shapes = (minLength = 0, maxLength = 5, most = 4) =>
  fc.array(fc.integer({ min: 1, max: most }), { minLength, maxLength });

/** Shapes that sometimes have an axis of size 0. */
export const anyShapes = (minLength = 0, maxLength = 5) =>
  fc.oneof(
    { weight: 7, arbitrary: shapes(minLength, maxLength) },
    {
      weight: 1,
      arbitrary: shapes(Math.max(1, minLength), maxLength).map((shape) => shape.with(shape.length >> 1, 0)),
    },
  );

const filled = (shape: readonly number[], seed: number) => numbers(tf.util.sizeFromShape([...shape]), seed);

/** Floats in [-scale, scale) + shift. */
export const tame = (shape: readonly number[], scale = 1, shift = 0): fc.Arbitrary<Argument> =>
  seeds.map((seed) => ({ dtype: 'float32', shape, data: filled(shape, seed).map((x) => x * scale + shift) }));

/** Floats a third of which are special: not finite, zero with either sign, halves, very large or small. */
export const wild = (shape: readonly number[]): fc.Arbitrary<Argument> =>
  seeds.map((seed) => ({
    dtype: 'float32',
    shape,
    data: filled(shape, seed).map((x, i) => (i % 3 === 0 ? SPECIAL[(seed + i) % SPECIAL.length]! : 3 * x)),
  }));

/** Special and other floats, rounded to multiples of 1/8, so that sums and differences are exact. */
export const coarse = (shape: readonly number[]): fc.Arbitrary<Argument> =>
  wild(shape).map((arg) => ({ ...arg, data: (arg.data as Float32Array).map((x) => Math.round(x * 8) / 8) }));

/** Integers from `least` to `most`. */
export const whole = (shape: readonly number[], least = -9, most = 9): fc.Arbitrary<Argument> =>
  seeds.map((seed) => ({
    dtype: 'int32',
    shape,
    data: Int32Array.from(filled(shape, seed), (x) => least + Math.floor(((x + 1) / 2) * (most - least + 1))),
  }));

/** Booleans. */
export const truth = (shape: readonly number[]): fc.Arbitrary<Argument> =>
  seeds.map((seed) => ({ dtype: 'bool', shape, data: Uint8Array.from(filled(shape, seed), (x) => Number(x > 0)) }));

/** Two shapes that broadcast: leading axes are missing, others have size 1. */
export const pairs = (maxLength = 5): fc.Arbitrary<readonly [number[], number[]]> =>
  fc.tuple(anyShapes(0, maxLength), fc.nat(7), fc.nat(63), fc.nat(63)).map(([shape, missing, ones, others]) => {
    const flat = (mask: number) => shape.map((size, axis) => ((mask >> axis) & 1 && size > 0 ? 1 : size));
    const [a, b] = [flat(ones & ~others), flat(others).slice(Math.min(missing % 3, shape.length))];
    return missing > 3 ? [a, b] : [b, a];
  });

/** A call with one argument. */
export const one = (
  of: (shape: readonly number[]) => fc.Arbitrary<Argument>,
  fn: Fn,
  from: fc.Arbitrary<number[]> = anyShapes(),
): fc.Arbitrary<Sample> => from.chain(of).map((arg) => ({ fn, args: [arg] }));

/** A call with two broadcast arguments. */
export const two = (
  of: (shape: readonly number[]) => fc.Arbitrary<Argument>,
  fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  ofSecond = of,
): fc.Arbitrary<Sample> =>
  pairs()
    .chain(([a, b]) => fc.tuple(of(a), ofSecond(b)))
    .map((args) => ({ fn: fn, args }));

/** An axis of a shape, counted from either end. */
export const axisOf = (rank: number) => fc.integer({ min: -rank, max: rank - 1 });

/** Some axes of a shape, each once, counted from either end; absent for all. */
export const axesOf = (rank: number): fc.Arbitrary<number[] | undefined> =>
  fc.option(
    fc
      .tuple(fc.subarray([...new Array(rank).keys()]), fc.boolean())
      .map(([axes, negative]) => (negative ? axes.map((axis) => axis - rank) : axes)),
    { nil: undefined, freq: 4 },
  );
