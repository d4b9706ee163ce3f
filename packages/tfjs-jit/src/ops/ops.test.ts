import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Argument, check, eager, floats, integers, withGradients } from '../../test/compare.js';
import { causalAttention, crossEntropy, divergence, embedding, rmsNorm, rotary, swiGlu } from '../index.js';

/** A fused operator, its equivalent in plain operations with automatic gradients, and arguments. */
interface Case {
  name: string;
  fused: (...inputs: tf.Tensor[]) => tf.Tensor;
  plain: (...inputs: tf.Tensor[]) => tf.Tensor;
  args: () => Argument[];
  differentiable: number;
}

const angles = (positions: number, half: number) => {
  const angle = tf.outerProduct(tf.range(0, positions), tf.range(1, half + 1));
  return [tf.cos(angle), tf.sin(angle)] as [tf.Tensor2D, tf.Tensor2D];
};

const repeatHeads = (x: tf.Tensor4D, groups: number) => {
  const [batch, heads, positions, size] = x.shape;
  const tiled = tf.tile(tf.reshape(x, [batch, heads, 1, positions, size]), [1, 1, groups, 1, 1]);
  return tf.reshape<tf.Rank.R4>(tiled, [batch, heads * groups, positions, size]);
};

const cases: Case[] = [
  {
    name: 'rmsNorm',
    fused: (x, gain) => rmsNorm(x, gain as tf.Tensor1D, 1e-3),
    plain: (x, gain) => tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-3))), gain),
    args: () => [floats([3, 5, 24]), floats([24], 0.5, 1)],
    differentiable: 2,
  },
  {
    name: 'rotary',
    fused: (x) => rotary(x as tf.Tensor4D, ...angles(7, 3)),
    plain: (x) => {
      const [cos, sin] = angles(7, 3);
      const [a, b] = tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor];
      return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], 3);
    },
    args: () => [floats([2, 3, 7, 6])],
    differentiable: 1,
  },
  ...[1, 2.5].map((temperature) => ({
    name: `divergence at temperature ${temperature}`,
    fused: (x: tf.Tensor, teacher: tf.Tensor) => divergence(x as tf.Tensor2D, teacher as tf.Tensor2D, temperature),
    plain: (x: tf.Tensor, teacher: tf.Tensor) => {
      const [p, q] = [tf.softmax(tf.div(x, temperature)), tf.softmax(tf.div(teacher, temperature))];
      return tf.sum(tf.mul(q, tf.sub(tf.log(q), tf.log(p))), 1);
    },
    args: () => [floats([5, 9], 3), floats([5, 9], 3)],
    differentiable: 1,
  })),
  {
    name: 'swiGlu',
    fused: (gate, up) => swiGlu(gate, up),
    plain: (gate, up) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
    args: () => [floats([5, 9], 4), floats([5, 9])],
    differentiable: 2,
  },
  {
    name: 'causalAttention',
    fused: (q, k, v) => causalAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D),
    plain: (q, k, v) => {
      const [keys, values] = [repeatHeads(k as tf.Tensor4D, 3), repeatHeads(v as tf.Tensor4D, 3)];
      const scores = tf.div(tf.matMul(q, keys, false, true), Math.sqrt(4));
      const past = tf.greaterEqual(tf.expandDims(tf.range(0, 5), 1), tf.expandDims(tf.range(0, 5), 0));
      return tf.matMul(tf.softmax(tf.where(past, scores, tf.fill(scores.shape, -1e9))), values);
    },
    args: () => [floats([2, 6, 5, 4]), floats([2, 2, 5, 4]), floats([2, 2, 5, 4])],
    differentiable: 3,
  },
  {
    name: 'crossEntropy',
    fused: (logits, targets) => crossEntropy(logits as tf.Tensor2D, targets as tf.Tensor1D),
    plain: (logits, targets) => {
      const shares = tf.softmax(logits as tf.Tensor2D);
      return tf.neg(tf.log(tf.sum(tf.mul(shares, tf.oneHot(targets, logits.shape[1]!, 1, 0, 'float32')), 1)));
    },
    args: () => [floats([6, 11], 3), integers([6], 11)],
    differentiable: 1,
  },
  {
    name: 'embedding',
    fused: (table, ids) => embedding(table as tf.Tensor2D, ids as tf.Tensor1D),
    plain: (table, ids) => tf.gather(table, ids),
    args: () => [floats([7, 5]), integers([12], 7)],
    differentiable: 1,
  },
];

describe.each(cases)('$name', ({ fused, plain, args, differentiable }) => {
  it('equals plain operations, with its gradients', async () => {
    const own = args();
    const expected = await eager(withGradients(plain, differentiable), own);
    const actual = await eager(withGradients(fused, differentiable), own);
    for (const [index, array] of expected.entries()) {
      for (const [i, value] of array.entries()) expect(actual[index]![i]).toBeCloseTo(value, 4);
    }
  });

  it('gives the same when compiled, with any number of threads', async () => {
    await check(withGradients(fused, differentiable), args(), 1e-5);
  });
});

describe('embedding', () => {
  it('sums gradients of a large table element by element', async () => {
    const fn = withGradients((table, ids) => embedding(table as tf.Tensor2D, ids as tf.Tensor1D), 1);
    await check(fn, [floats([1500, 16]), integers([6000], 40)], 1e-5);
  });
});

describe('crossEntropy', () => {
  it('stays finite if the probability of the target underflows', async () => {
    const logits: Argument = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(0, 300) };
    const targets: Argument = { dtype: 'int32', shape: [1], data: Int32Array.of(0) };
    const [nll] = await eager((x, y) => crossEntropy(x as tf.Tensor2D, y as tf.Tensor1D), [logits, targets]);
    expect(nll![0]).toBe(300);
  });
});
