import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Argument, compiled, floats, numbers } from '../test/compare.js';
import { Compiled, jit } from './jit.js';
import { BACKEND } from './recorder.js';
import { trace } from './trace.js';

const vector = (size: number): Argument => floats([size]);
const spec = { dtype: 'float32', shape: [4] } as const;

describe('jit', () => {
  it('is called like the original, and traces once for each shape', async () => {
    await tf.setBackend('cpu');
    let traced = 0;
    const f = jit((x, y) => {
      traced++;
      return [tf.add(tf.mul(x, 2), y), tf.sum(x)];
    });
    const before = tf.memory().numTensors;
    for (const size of [3, 3, 4]) {
      const [x, y] = [tf.tensor1d(numbers(size)), tf.scalar(1)];
      const [sum, total] = await f(x, y);
      expect(Array.from(sum!.dataSync())).toEqual(
        Array.from(numbers(size), (v) => Math.fround(2 * v) + 1).map(Math.fround),
      );
      expect(total!.shape).toEqual([]);
      tf.dispose([x, y, sum!, total!]);
    }
    expect(traced).toBe(2);
    expect(tf.memory().numTensors).toBe(before);
    await f.dispose();
  });

  it('differentiates inside', async () => {
    const f = await jit((x) => tf.grad((own) => tf.sum(tf.mul(tf.square(own), 3)))(x)).compile(spec);
    expect(await f.run([Float32Array.of(1, 2, 3, 4)])).toEqual([Float32Array.of(6, 12, 18, 24)]);
    await f.dispose();
  });

  it('writes into the arrays it is given', async () => {
    const f = await Compiled.create((x) => tf.neg(x), [spec]);
    const result = f.allocate();
    expect(await f.run([Float32Array.of(1, 2, 3, 4)], result)).toBe(result);
    expect(result).toEqual([Float32Array.of(-1, -2, -3, -4)]);
    await f.dispose();
  });

  it('takes views into larger arrays', async () => {
    const f = await Compiled.create((x) => tf.neg(x), [spec]);
    const memory = new Float32Array(12).fill(7);
    await f.run([Float32Array.of(0, 1, 2, 3, 4, 5).subarray(1, 5)], [memory.subarray(4, 8)]);
    expect(Array.from(memory)).toEqual([7, 7, 7, 7, -1, -2, -3, -4, 7, 7, 7, 7]);
    await f.dispose();
  });

  it('returns an input, a constant, and the same value twice', async () => {
    const fn = (x?: tf.Tensor) => {
      const y = tf.exp(x!);
      return [y, x!, y, tf.ones([2])];
    };
    const args = [vector(4)];
    const results = await compiled(fn, args);
    expect(results[2]).toEqual(results[0]);
    expect(results[1]).toEqual(args[0]!.data);
    expect(results[3]).toEqual(Float32Array.of(1, 1));
  });

  it('names an array that does not fit', async () => {
    const f = await Compiled.create((x, y) => tf.add(x, y), [spec, spec]);
    const four = new Float32Array(4);
    await expect(f.run([four, new Float32Array(5)])).rejects.toThrow('input 1 must hold float32 of shape [4]');
    await expect(f.run([four])).rejects.toThrow('input 1 is missing');
    await expect(f.run([four, four], [new Int32Array(4)])).rejects.toThrow('output 0 must hold float32');
    await f.dispose();
  });
});

describe('trace', () => {
  it('names an operation that is not covered', () => {
    expect(() => trace((x) => tf.unique(x).values, [spec])).toThrow('kernel Unique(x: float32 [4]) is not covered');
  });

  it('refuses to read elements, and tensors from outside', async () => {
    await tf.setBackend('cpu');
    expect(() => trace((x) => tf.scalar(x.dataSync()[0]!), [spec])).toThrow('cannot read the elements');
    const outside = tf.scalar(2);
    expect(() => trace((x) => tf.mul(x, outside), [spec])).toThrow('made outside of it');
    outside.dispose();
  });

  it('restores the state of TensorFlow.js, also after errors', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    trace((x) => tf.softmax(x), [spec]);
    expect(() => trace((x) => tf.unique(tf.exp(x)).values, [spec])).toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.findBackend(BACKEND)).toBeNull();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('merges what is equal and drops what is unused', () => {
    const graph = trace(
      (x) => {
        tf.sin(x);
        return tf.mul(tf.exp(x), tf.exp(x));
      },
      [spec],
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Exp', 'Mul']);
  });

  it('fuses factors and addends into matrix products, unless the product is used elsewhere', () => {
    const shapes = [
      { dtype: 'float32', shape: [64, 8] },
      { dtype: 'float32', shape: [8, 16] },
      { dtype: 'float32', shape: [64, 16] },
    ] as const;
    const ops = (fn: (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[]) => trace(fn, shapes).nodes.map(({ op }) => op);
    expect(ops((a, b, c) => tf.add(tf.matMul(a, b), c))).toEqual(['Gemm']);
    expect(ops((a, b) => tf.mul(0.5, tf.matMul(a, b)))).toEqual(['Gemm']);
    expect(
      ops((a, b, c) => {
        const product = tf.matMul(a, b);
        return [product, tf.add(product, c)];
      }),
    ).toEqual(['Gemm', 'Add']);
  });

  it('leaves broadcasts to the operator that uses them, and drops neutral operations', () => {
    const ops = (fn: (x: tf.Tensor) => tf.Tensor) => trace((x) => fn(x), [spec]).nodes.map(({ op }) => op);
    expect(ops((x) => tf.mul(tf.fill([4], 2), x))).toEqual(['Mul']);
    expect(ops((x) => tf.mul(tf.ones([4]), tf.add(tf.zeros([4]), tf.reshape(x, [4]))))).toEqual([]);
    // Here the broadcast decides the shape of the result.
    expect(ops((x) => tf.mul(tf.fill([3, 4], 2), x))).toEqual(['Expand', 'Mul']);
  });
});

it('refuses shared memory', async () => {
  const double = await jit((x) => tf.mul(x, 2)).compile({ dtype: 'float32', shape: [2] });
  const shared = new Float32Array(new SharedArrayBuffer(8));
  await expect(double.run([shared])).rejects.toThrow('input 0 is in shared memory');
  await double.dispose();
});

describe('equal functions', () => {
  it('share a session, which the last user frees', async () => {
    const double = () => jit((x) => tf.mul(x, 2)).compile({ dtype: 'float32', shape: [2] });
    const [one, two] = await Promise.all([double(), double()]);
    expect(one.toOnnx()).toEqual(two.toOnnx());
    await one.dispose();
    await one.dispose();
    const [result] = await two.run([Float32Array.of(1, 2)]);
    expect(result).toEqual(Float32Array.of(2, 4));
    await two.dispose();
    await expect(two.run([Float32Array.of(1, 2)])).rejects.toThrow();
  });
});
