import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import { Compiled, jit } from '../src/index.js';
import { numbers } from './numbers.js';

beforeEach(() => tf.setBackend('cpu'));

const float = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;

describe('functions in edge cases', () => {
  it('may ignore their arguments', async () => {
    const f = await Compiled.create(() => tf.range(0, 3), [float(4)]);
    expect(await f.run([numbers(4)])).toEqual([Float32Array.of(0, 1, 2)]);
    await f.dispose();
  });

  it('must return results', async () => {
    await expect(Compiled.create(() => [], [float(4)])).rejects.toThrow('tfjs-jit: the function returns no tensors');
  });

  it('may return the same tensor, an argument and constants, several times each', async () => {
    const fn = (x?: tf.Tensor) => {
      const two = tf.scalar(2);
      const y = tf.mul(x!, two);
      return [y, two, x!, y, x!, two, tf.zeros([2, 2]), tf.zerosLike(x!)];
    };
    const f = await Compiled.create(fn, [float(2)]);
    const [x, y, two] = [Float32Array.of(1, 2), Float32Array.of(2, 4), Float32Array.of(2)];
    expect(await f.run([x])).toEqual([y, two, x, y, x, two, new Float32Array(4), new Float32Array(2)]);
    await f.dispose();
  });

  it('may get the same tensor and the same array for two arguments', async () => {
    const f = jit((x, y) => tf.sub(tf.mul(x, 3), y));
    const x = tf.tensor1d([1, 2]);
    const [result] = await f(x, x);
    expect(Array.from(result!.dataSync())).toEqual([2, 4]);
    const compiled = await f.compile(float(2), float(2));
    const array = Float32Array.of(5, 7);
    expect(await compiled.run([array, array])).toEqual([Float32Array.of(10, 14)]);
    await compiled.dispose();
    await f.dispose();
    tf.dispose([x, result!]);
  });

  it('may be called with other shapes, and without arguments', async () => {
    const f = jit((...all) => (all.length === 0 ? tf.scalar(7) : tf.addN(all.map((x) => tf.sum(x)))));
    const sums: number[] = [];
    for (const shapes of [[[2]], [[3, 2], []], [], [[2]], [[1, 1, 1, 1, 5]]]) {
      const inputs = shapes.map((shape) => tf.ones(shape));
      const [result] = await f(...inputs);
      sums.push(result!.dataSync()[0]!);
      tf.dispose([result!, ...inputs]);
    }
    expect(sums).toEqual([2, 7, 7, 2, 5]);
    await f.dispose();
  });

  it('may work on tensors without elements', async () => {
    const fn = (x?: tf.Tensor, y?: tf.Tensor) => [
      tf.exp(x!),
      tf.concat([x!, y!], 0),
      tf.sum(x!, 0),
      tf.mean(x!),
      tf.matMul(x!, y!, true),
      tf.matMul(y!, x!, false, true),
      tf.pad(x!, [
        [1, 0],
        [0, 0],
      ]),
      ...tf.grads((a, b) => tf.sum(tf.matMul(a, b, true)))([x!, x!]),
    ];
    const f = await Compiled.create(fn, [float(0, 3), float(0, 3)]);
    const nothing = new Float32Array(0);
    const results = await f.run([nothing, nothing]);
    expect(results.map((array) => Array.from(array))).toEqual([
      ...[[], [], [0, 0, 0], [0], new Array(9).fill(0), [], [0, 0, 0], [], []],
    ]);
    await f.dispose();
  });

  it('propagate NaN and infinity', async () => {
    const f = await Compiled.create((x) => [tf.sum(x), tf.max(x), tf.softmax(x), tf.mul(x, 0)], [float(3)]);
    const [sum, max, softmax, zero] = await f.run([Float32Array.of(1, Number.NaN, Infinity)]);
    expect([sum, max, softmax].every((array) => Array.from(array!).every(Number.isNaN))).toBe(true);
    expect(Array.from(zero!)).toEqual([0, Number.NaN, Number.NaN]);
    const [total, most] = await f.run([Float32Array.of(1, -Infinity, 3)]);
    expect([...total!, ...most!]).toEqual([-Infinity, 3]);
    await f.dispose();
  });

  it('that throw, throw again and leak nothing', async () => {
    const before = tf.memory().numTensors;
    let tries = 0;
    const f = jit((x) => {
      tries++;
      tf.exp(x);
      throw new RangeError('mine');
    });
    const x = tf.ones([2]);
    for (let i = 0; i < 2; i++) await expect(f(x)).rejects.toThrow(new RangeError('mine'));
    expect(tries).toBe(2);
    x.dispose();
    await f.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.getBackend()).toBe('cpu');
  });

  it('cannot call other compiled functions', async () => {
    const inner = jit((x) => tf.exp(x));
    const outer = jit((x) => {
      void inner(x).catch(() => undefined);
      return tf.exp(x);
    });
    const x = tf.ones([2]);
    const [result] = await outer(x);
    expect(result!.dataSync()[0]).toBeCloseTo(Math.E);
    await Promise.all([outer.dispose(), inner.dispose()]);
    tf.dispose([x, result!]);
  });
});

describe('calls in edge cases', () => {
  it('may overlap', async () => {
    const f = jit((x) => tf.matMul(x, x, false, true));
    const inputs = [1, 2, 3, 4].flatMap((n) => [tf.fill([n, 8], n), tf.fill([n, 8], -n)]);
    const results = (await Promise.all(inputs.map((x) => f(x)))).flat();
    results.forEach((result, index) => {
      const n = 1 + (index >> 1);
      expect(Array.from(result.dataSync())).toEqual(new Array(n * n).fill(8 * n * n));
    });
    const compiled = await f.compile(float(1, 8));
    const overlapping = await Promise.all([1, 2, 3].map((n) => compiled.run([new Float32Array(8).fill(n)])));
    expect(overlapping.map(([result]) => result![0])).toEqual([8, 32, 72]);
    await compiled.dispose();
    await f.dispose();
    tf.dispose([...inputs, ...results]);
  });

  it('after dispose are refused, and a second dispose does nothing', async () => {
    const compiled = await Compiled.create((x) => tf.exp(x), [float(2)]);
    await compiled.dispose();
    await compiled.dispose();
    await expect(compiled.run([new Float32Array(2)])).rejects.toThrow('tfjs-jit: this function has been disposed of');
  });

  it('in progress finish when dispose is called', async () => {
    const compiled = await Compiled.create((x) => tf.matMul(x, x), [float(200, 200)]);
    const running = compiled.run([new Float32Array(200 * 200).fill(1)]);
    const disposed = compiled.dispose();
    expect((await running)[0]![0]).toBe(200);
    await disposed;
  });

  it('in compilation are refused when dispose is called', async () => {
    const f = jit((x) => tf.exp(x));
    const x = tf.zeros([2]);
    const call = f(x);
    const disposed = f.dispose();
    await expect(call).rejects.toThrow('tfjs-jit: this function has been disposed of');
    await disposed;
    x.dispose();
  });

  it('of a function that has been disposed of compile again', async () => {
    const f = jit((x) => tf.exp(x));
    const x = tf.zeros([2]);
    const before = await f(x);
    await f.dispose();
    const after = await f(x);
    expect(Array.from(after[0]!.dataSync())).toEqual([1, 1]);
    await f.dispose();
    await f.dispose();
    tf.dispose([x, ...before, ...after]);
  });

  it('with anything but tensors are refused', async () => {
    const f = jit((x) => tf.exp(x));
    await expect(f(3 as unknown as tf.Tensor)).rejects.toThrow('tfjs-jit: input 0');
    const x = tf.ones([2]);
    x.dispose();
    await expect(f(x)).rejects.toThrow('disposed');
    await f.dispose();
  });

  it.each<[string, (x: tf.Tensor2D, at: tf.Tensor1D) => tf.Tensor]>([
    ['gather', (x, at) => tf.gather(x, at)],
    ['gatherND', (x, at) => tf.gatherND(x, tf.expandDims(at, 1))],
    ['gather of batches', (x, at) => tf.gather(tf.stack([x, x]), tf.stack([at, at]), 1, 1)],
    ['scatterND', (x, at) => tf.scatterND(tf.expandDims(at, 1), tf.slice(x, 0, 2), [3, 2])],
    ['tensorScatterUpdate', (x, at) => tf.tensorScatterUpdate(x, tf.expandDims(at, 1), tf.slice(x, 0, 2))],
  ])('with indices outside fail, and the next call is right: %s', async (_name, fn) => {
    const f = await Compiled.create(
      (x, at) => fn(x as tf.Tensor2D, at as tf.Tensor1D),
      [float(3, 2), { dtype: 'int32', shape: [2] }],
    );
    const table = Float32Array.of(1, 2, 3, 4, 5, 6);
    const before = await f.run([table, Int32Array.of(2, 0)]);
    for (const outside of [3, 2 ** 31 - 1, -4]) {
      await expect(f.run([table, Int32Array.of(0, outside)])).rejects.toThrow(/out of (data )?bounds|invalid index/);
    }
    expect(await f.run([table, Int32Array.of(-1, 0)])).toEqual(before);
    await f.dispose();
  });

  it('that divide integers by zero do not crash the process', async () => {
    const pair = { dtype: 'int32', shape: [3] } as const;
    const f = await Compiled.create((x, y) => [tf.floorDiv(x, y), tf.mod(x, y), tf.div(x, y)], [pair, pair]);
    const least = -(2 ** 31);
    const results = await f.run([Int32Array.of(5, -7, least), Int32Array.of(0, 2, -1)]);
    expect(results).toEqual([Int32Array.of(0, -4, least), Int32Array.of(0, 1, 0), Int32Array.of(0, -4, least)]);
    await f.dispose();
  });

  it('with arrays that do not fit are refused', async () => {
    const f = await Compiled.create((x) => tf.exp(x), [float(2)]);
    await expect(f.run([new Float64Array(2) as unknown as Float32Array])).rejects.toThrow(
      'input 0 must hold float32 of shape [2]',
    );
    await expect(f.run([])).rejects.toThrow('input 0 is missing');
    await expect(f.run([new Float32Array(2)], [])).rejects.toThrow('output 0 is missing');
    expect(await f.run([new Float32Array(2)])).toEqual([Float32Array.of(1, 1)]);
    await f.dispose();
  });
});
