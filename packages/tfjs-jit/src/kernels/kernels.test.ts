import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Argument, check, compiled, eager, floats, integers, withGradients } from '../../test/compare.js';
import { BACKEND } from '../recorder.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

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

const discrete: [string, Fn, () => Argument[]][] = [
  ['addN', (a, b) => tf.addN([a, b, a]), () => [floats([3, 4]), floats([3, 4])]],
  ['argMax', (x) => tf.argMax(x, 1), matrix],
  ['cast', (x) => [tf.cast(x, 'int32'), tf.cast(tf.cast(x, 'bool'), 'float32')], () => [floats([9], 5)]],
  ['ceil, floor, round, sign', (x) => [tf.ceil(x), tf.floor(x), tf.round(x), tf.sign(x)], () => [floats([9], 5)]],
  ['clipByValue', (x) => tf.clipByValue(x, -0.5, 0.25), matrix],
  ['clone', (x) => tf.clone(x), matrix],
  [
    'comparisons',
    (a, b) => [tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual].map((op) => op(a, b)),
    () => [integers([4, 5], 3), integers([5], 3)],
  ],
  ['erf', (x) => tf.erf(x), matrix],
  ['fill', (x) => tf.add(x, tf.fill([5, 7], 2.5)), matrix],
  [
    'logic',
    (a, b) => {
      const [p, q] = [tf.greater(a, 0), tf.greater(b, 0)];
      return [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalNot(p)];
    },
    () => [floats([9]), floats([9])],
  ],
  [
    'mean and sum of integers and truth values',
    (x) => [x, tf.greater(x, 3)].flatMap((own) => [tf.mean(own), tf.sum(own)]),
    () => [integers([5, 7], 9)],
  ],
  ['min and prod', (x) => [tf.min(x, 0), tf.prod(x, 1)], matrix],
  ['ones, zeros and likes', (x) => [tf.ones([2, 3]), tf.zeros([4]), tf.onesLike(x), tf.zerosLike(x)], matrix],
  ['oneHot', (x) => tf.oneHot(x, 5, 2, -1), () => [integers([3, 2], 5)]],
  ['pow', (a, b) => tf.pow(a, b), () => [floats([3, 4], 0.5, 1), floats([4])]],
  ['range', () => tf.range(1, 9, 3), () => []],
  ['softplus', (x) => tf.softplus(x), matrix],
  ['stack and unstack', (a, b) => [tf.stack([a, b], 1), ...tf.unstack(a, 1)], () => [floats([2, 3]), floats([2, 3])]],
  ['step', (x) => [tf.step(x), tf.step(x, 0.5)], matrix],
  [
    'unsortedSegmentSum',
    (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 4),
    () => [floats([9, 2, 3]), integers([9], 4)],
  ],
];

describe('kernels', () => {
  it.each(smooth)('%s and its gradient', async (_name, fn, args) => {
    const own = args();
    await check(withGradients(fn, own.length), own, 1e-5);
  });

  it.each(discrete)('%s', async (_name, fn, args) => {
    await check(fn, args(), 1e-5);
  });

  it('has a test of every kernel', () => {
    const tested = [...smooth, ...discrete]
      .map(([name]) => name)
      .join(' ')
      .toLowerCase();
    const aliases: Record<string, string> = {
      RealDiv: 'div',
      Multiply: 'mul',
      BatchMatMul: 'matmul',
      Select: 'where',
      PadV2: 'pad',
      GatherV2: 'gather',
      SplitV: 'split',
      Pack: 'stack',
      Unpack: 'unstack',
      Identity: 'clone',
      Equal: 'comparisons',
      NotEqual: 'comparisons',
      Greater: 'comparisons',
      GreaterEqual: 'comparisons',
      Less: 'comparisons',
      LessEqual: 'comparisons',
      LogicalAnd: 'logic',
      LogicalOr: 'logic',
      LogicalNot: 'logic',
      OnesLike: 'ones',
      ZerosLike: 'zeros',
    };
    const kernels = tf.getKernelsForBackend(BACKEND).map(({ kernelName }) => kernelName);
    expect(kernels.length).toBeGreaterThan(50);
    for (const name of kernels.filter((own) => !own.startsWith('tfjs-jit/'))) {
      expect(tested, name).toContain((aliases[name] ?? name).toLowerCase());
    }
  });
});

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
        for (const threads of [2, 3, 8]) expect(await compiled(products, args, threads), `${rows}`).toEqual(one);
      }
    }
  });

  it('do not depend on the number of threads in a stack', async () => {
    const args = [2, 3, 5].flatMap((n) => [floats([n, 40, 300]), floats([n, 300, 97])]);
    const products: Fn = (...all) => [0, 2, 4].map((i) => tf.matMul(all[i]!, all[i + 1]!));
    const one = await compiled(products, args, 1);
    for (const threads of [2, 3, 8]) expect(await compiled(products, args, threads)).toEqual(one);
  });

  it('refuses integers by name', async () => {
    await expect(compiled((a, b) => tf.matMul(a, b), [integers([2, 2], 3), integers([2, 2], 3)])).rejects.toThrow(
      'matMul of int32 and int32 is not covered',
    );
  });
});

describe('reductions', () => {
  it('do not depend on the number of threads, whatever their size', async () => {
    for (const shape of [[100_000], [3, 70_000], [70_000, 3], [30, 40, 500], [2048, 96]]) {
      const args = [floats(shape)];
      const sums: Fn = (x) => [tf.sum(x), ...shape.map((_, axis) => tf.sum(x, axis)), tf.mean(x)];
      const one = await compiled(sums, args, 1);
      for (const threads of [2, 3, 8]) expect(await compiled(sums, args, threads), `${shape.join()}`).toEqual(one);
    }
  });
});
