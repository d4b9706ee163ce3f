import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Case, type Sample, shapes, tame } from './case.js';

const size = fc.integer({ min: 1, max: 7 });

/** Stacks of matrices that broadcast, transposed or not. */
const matrices: fc.Arbitrary<Sample> = fc
  .tuple(fc.tuple(size, size, size), shapes(0, 2, 3), fc.nat(3), fc.boolean(), fc.boolean())
  .chain(([[rows, inner, columns], batch, alone, transposeA, transposeB]) => {
    const flat = batch.map(() => 1);
    const a = [...(alone === 1 ? flat : batch), ...(transposeA ? [inner, rows] : [rows, inner])];
    const b = [...(alone === 2 ? flat : batch), ...(transposeB ? [columns, inner] : [inner, columns])];
    return fc
      .tuple(tame(a), tame(b))
      .map((args): Sample => ({ fn: (x, y) => tf.matMul(x, y, transposeA, transposeB), args }));
  });

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'prelu', 'leakyrelu'] as const;

const fused: fc.Arbitrary<Sample> = fc
  .tuple(size, size, size, fc.constantFrom(...activations), fc.boolean())
  .chain(([rows, inner, columns, activation, transposeB]) =>
    fc
      .tuple(
        tame([rows, inner]),
        tame(transposeB ? [columns, inner] : [inner, columns]),
        tame([columns]),
        tame([columns]),
      )
      .map(
        (args): Sample => ({
          fn: (a, b, bias, weights) =>
            tf.fused.matMul({
              ...{ a: a, b: b, transposeB, bias: bias, activation, leakyreluAlpha: 0.3 },
              ...(activation === 'prelu' ? { preluActivationWeights: weights } : {}),
            }),
          args: activation === 'prelu' ? args : args.slice(0, 3),
        }),
      ),
  );

/** Sizes of the letters in equations. */
const SIZES: Record<string, number> = { b: 2, i: 3, j: 4, k: 5, l: 1 };
const EQUATIONS = [
  'ij,jk->ik',
  'bij,bjk->bik',
  'ij,kj->ik',
  'i,j->ij',
  'ij->ji',
  'ij->i',
  'ij->',
  'bij,bkj->bik',
  'bik,bjk->jib',
  'ij,ij->ij',
  'ij,ij->',
  'bijk,kl->bijl',
];
const einsum: fc.Arbitrary<Sample> = fc.constantFrom(...EQUATIONS).chain((equation) => {
  const terms = equation.split('->')[0]!.split(',');
  return fc
    .tuple(...terms.map((term) => tame([...term].map((letter) => SIZES[letter]!))))
    .map((args): Sample => ({ fn: (...all) => tf.einsum(equation, ...all), args }));
});

export const products: Case[] = [
  {
    kernel: tf.BatchMatMul,
    call: 'matMul',
    values: matrices,
    slopes: matrices,
    note: 'float32',
  },
  {
    kernel: tf._FusedMatMul,
    call: 'fused.matMul',
    values: fused,
    slopes: fused,
    note: 'all activations of TensorFlow.js',
  },
  { kernel: tf.Einsum, call: 'einsum', values: einsum, note: 'float32' },
];
