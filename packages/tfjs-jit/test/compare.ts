import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, expect } from 'vitest';
import { Compiled, type HostArray, type TensorFunction } from '../src/index.js';
import { type Argument, numbers } from './numbers.js';

export { type Argument, numbers } from './numbers.js';

tf.enableProdMode();

let seed = 0;
// Resets the counter, so that the numbers of a test do not depend on earlier tests.
beforeEach(() => {
  seed = 0;
});

/** A float argument. */
export function floats(shape: number[], scale = 1, shift = 0): Argument {
  const data = numbers(tf.util.sizeFromShape(shape), ++seed).map((x) => x * scale + shift);
  return { dtype: 'float32', shape, data };
}

/** Integers from 0 to `bound - 1`. */
export function integers(shape: number[], bound: number): Argument {
  const data = Int32Array.from(numbers(tf.util.sizeFromShape(shape), ++seed), (x) => Math.floor(((x + 1) / 2) * bound));
  return { dtype: 'int32', shape, data };
}

/** Runs `fn` on TensorFlow.js's cpu backend, on copies: `tensorScatterUpdate` writes into its argument there. */
export async function eager(fn: TensorFunction, args: readonly Argument[]): Promise<HostArray[]> {
  await tf.setBackend('cpu');
  const results = tf.tidy(() => {
    const out = fn(...args.map(({ data, shape, dtype }) => tf.tensor(data.slice(), [...shape], dtype)));
    return Array.isArray(out) ? out : [out];
  });
  const arrays = results.map((tensor) => tensor.dataSync<'float32'>() as HostArray);
  tf.dispose(results);
  return arrays;
}

/** Fails unless all arrays have the same bits. Much faster than comparing elements. */
export function expectSameBits(actual: readonly HostArray[], expected: readonly HostArray[], what = ''): void {
  const bytes = ({ buffer, byteOffset, byteLength }: HostArray) => Buffer.from(buffer, byteOffset, byteLength);
  const other = expected.flatMap((array, index) => (bytes(actual[index]!).equals(bytes(array)) ? [] : [index]));
  expect(other, `${what}: results with other bits`).toEqual([]);
  expect(actual.length).toBe(expected.length);
}

/** Compiles and runs `fn` with a number of threads. */
export async function compiled(fn: TensorFunction, args: readonly Argument[], threads = 1): Promise<HostArray[]> {
  const own = await Compiled.create(fn, args, { threads });
  const results = await own.run(args.map(({ data }) => data));
  const again = await own.run(args.map(({ data }) => data));
  expectSameBits(again, results, 'a second call');
  await own.dispose();
  return [...results];
}

/** Fails unless `a` is near `b`, relative to the largest element of `b`. */
export function expectNear(a: HostArray, b: HostArray, tolerance: number, what = ''): void {
  expect(a.length, what).toBe(b.length);
  const scale = Array.from(b).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  expect(Number.isFinite(worst) && worst <= tolerance * scale, `${what}: off by ${worst}, scale ${scale}`).toBe(true);
}

/** Compares the compiled function with the eager one, and its bits with one, two and three threads. */
export async function check(fn: TensorFunction, args: readonly Argument[], tolerance = 2e-6): Promise<void> {
  const expected = await eager(fn, args);
  const one = await compiled(fn, args, 1);
  expected.forEach((array, index) => {
    expectNear(one[index]!, array, tolerance, `result ${index}`);
  });
  expectSameBits(await compiled(fn, args, 2), one, '2 threads');
  expectSameBits(await compiled(fn, args, 3), one, '3 threads');
}

/** `fn`, and the gradients of the sum of squares of its result in the first `differentiable` arguments. */
export function withGradients(fn: (...inputs: tf.Tensor[]) => tf.Tensor, differentiable: number): TensorFunction {
  return (...inputs) => {
    const rest = inputs.slice(differentiable);
    const loss = (...own: tf.Tensor[]) => tf.sum(tf.square(fn(...own, ...rest)));
    const grads = tf.grads(loss)(inputs.slice(0, differentiable));
    return [fn(...inputs), ...grads];
  };
}
