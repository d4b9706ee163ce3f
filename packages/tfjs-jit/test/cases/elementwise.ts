import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Case, coarse, one, pairs, shapes, tame, truth, two, whole, wild } from './case.js';

type Unary = (x: tf.Tensor) => tf.Tensor;

/** A function of one float: values everywhere, gradients where it is differentiable. */
function float(kernel: string, call: string, fn: Unary, scale?: number, shift?: number): Case {
  return {
    kernel,
    call,
    values: one(wild, fn),
    ...(scale === undefined ? {} : { slopes: one((shape) => tame(shape, scale, shift), fn) }),
  };
}

/** The same for integers. */
function integer(kernel: string, call: string, fn: Unary): Case {
  return { kernel, call, values: one(whole, fn) };
}

/** A function of two broadcast arguments: special floats, integers, and gradients for numbers of these sizes. */
function pair(
  kernel: string,
  call: string,
  fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  { integers = true, of = wild, scale = 1, shift = 0 } = {},
): Case[] {
  return [
    {
      kernel,
      call,
      values: two(of, fn),
      slopes: two((shape) => tame(shape, scale, shift), fn),
    },
    {
      kernel,
      call,
      slopes: shapes()
        .chain((shape) => fc.tuple(tame(shape, scale, shift), tame(shape, scale, shift)))
        .map((args) => ({ fn: fn, args })),
    },
    ...(integers ? [{ kernel, call, values: two(whole, fn) }] : []),
  ];
}

const comparisons: Case[] = (
  [
    [tf.Equal, 'equal', tf.equal],
    [tf.NotEqual, 'notEqual', tf.notEqual],
    [tf.Greater, 'greater', tf.greater],
    [tf.GreaterEqual, 'greaterEqual', tf.greaterEqual],
    [tf.Less, 'less', tf.less],
    [tf.LessEqual, 'lessEqual', tf.lessEqual],
  ] as const
).flatMap(([kernel, call, fn]) => {
  const values = [wild, whole, truth].map((of): Case => ({ kernel, call, values: two(of, fn) }));
  return call === 'greaterEqual' ? [...values, { kernel, call, slopes: two(tame, fn) }] : values;
});

export const elementwise: Case[] = [
  float(tf.Abs, 'abs', tf.abs, 1, 0.1),
  integer(tf.Abs, 'abs', tf.abs),
  float(tf.Acos, 'acos', tf.acos, 0.9),
  float(tf.Acosh, 'acosh', tf.acosh, 1, 2.5),
  ...pair(tf.Add, 'add', tf.add),
  {
    kernel: tf.AddN,
    call: 'addN',
    values: shapes()
      .chain((shape) => fc.tuple(wild(shape), wild(shape), wild(shape)))
      .map((args) => ({ fn: (...all) => tf.addN(all), args })),
    slopes: shapes()
      .chain((shape) => fc.tuple(tame(shape), tame(shape)))
      .map((args) => ({ fn: (a, b) => tf.addN([a, b, a]), args })),
  },
  float(tf.Asin, 'asin', tf.asin, 0.9),
  float(tf.Asinh, 'asinh', tf.asinh, 2),
  float(tf.Atan, 'atan', tf.atan, 2),
  ...pair(tf.Atan2, 'atan2', tf.atan2, { integers: false, shift: 1.5 }),
  float(tf.Atanh, 'atanh', tf.atanh, 0.9),
  {
    kernel: tf.BitwiseAnd,
    call: 'bitwiseAnd',
    values: shapes()
      .chain((shape) => fc.tuple(whole(shape), whole(shape)))
      .map((args) => ({ fn: (a, b) => tf.bitwiseAnd(a, b), args })),
  },
  ...(['float32', 'int32', 'bool'] as const).flatMap((dtype): Case[] =>
    [wild, whole, truth].map((of) => ({
      kernel: tf.Cast,
      call: 'cast',
      values: one(of, (x) => tf.cast(x, dtype)),
      note: 'what is not finite becomes the integer 0 on x86 only',
    })),
  ),
  { kernel: tf.Cast, call: 'cast', slopes: one(tame, (x) => tf.mul(tf.cast(x, 'float32'), x)) },
  float(tf.Ceil, 'ceil', tf.ceil, 3),
  float(tf.ClipByValue, 'clipByValue', (x) => tf.clipByValue(x, -0.5, 1.25), 2),
  integer(tf.ClipByValue, 'clipByValue', (x) => tf.clipByValue(x, -2.5, 3.5)),
  ...comparisons,
  float(tf.Cos, 'cos', tf.cos, 3),
  float(tf.Cosh, 'cosh', tf.cosh, 3),
  float(tf.Elu, 'elu', tf.elu, 3),
  {
    kernel: tf.EluGrad,
    call: 'grad(elu)',
    slopes: one(
      (shape) => tame(shape, 3),
      (x) => tf.elu(x),
    ),
  },
  float(tf.Erf, 'erf', tf.erf, 2),
  float(tf.Exp, 'exp', tf.exp, 3),
  float(tf.Expm1, 'expm1', tf.expm1, 3),
  float(tf.Floor, 'floor', tf.floor, 3),
  ...pair(tf.FloorDiv, 'floorDiv', tf.floorDiv, { of: coarse, shift: 3 }),
  float(tf.Identity, 'clone', (x) => tf.clone(x), 1),
  ...[tf.isFinite, tf.isInf, tf.isNaN].flatMap((fn, index) => {
    const [kernel, call] = [
      [tf.IsFinite, 'isFinite'],
      [tf.IsInf, 'isInf'],
      [tf.IsNan, 'isNaN'],
    ][index] as [string, string];
    return [float(kernel, call, fn, 1), integer(kernel, call, fn)];
  }),
  float(tf.LeakyRelu, 'leakyRelu', (x) => tf.leakyRelu(x, 0.3), 3),
  float(tf.Log, 'log', tf.log, 1, 1.5),
  float(tf.Log1p, 'log1p', tf.log1p, 0.9),
  { kernel: tf.LogicalAnd, call: 'logicalAnd', values: two(truth, tf.logicalAnd) },
  { kernel: tf.LogicalAnd, call: 'logicalXor', values: two(truth, tf.logicalXor) },
  { kernel: tf.LogicalNot, call: 'logicalNot', values: one(truth, (x) => tf.logicalNot(x)) },
  { kernel: tf.LogicalOr, call: 'logicalOr', values: two(truth, tf.logicalOr) },
  ...pair(tf.Maximum, 'maximum', tf.maximum),
  ...pair(tf.Minimum, 'minimum', tf.minimum),
  ...pair(tf.Mod, 'mod', tf.mod, { of: coarse, shift: 3 }),
  ...pair(tf.Multiply, 'mul', tf.mul),
  float(tf.Neg, 'neg', tf.neg, 1),
  integer(tf.Neg, 'neg', tf.neg),
  {
    kernel: tf.Pow,
    call: 'pow',
    values: two(wild, (a, b) => tf.pow(tf.where(tf.equal(tf.abs(a), 1), tf.scalar(2), a), b)),
    slopes: two((shape) => tame(shape, 0.9, 1.5), tf.pow),
    note: '1 and -1 to an exponent that is not finite are 1 as in IEEE 754, not NaN as in JavaScript',
  },
  { kernel: tf.Pow, call: 'pow', values: two(whole, tf.pow, (shape) => whole(shape, -3, 3)) },
  {
    kernel: tf.Prelu,
    call: 'prelu',
    values: two(wild, tf.prelu),
    slopes: pairs()
      .filter(([a, b]) => b.length <= a.length && b.every((size, i) => size === 1 || size === a.at(i - b.length)))
      .chain(([a, b]) => fc.tuple(tame(a), tame(b)))
      .map((args) => ({ fn: (x, alpha) => tf.prelu(x, alpha), args })),
  },
  ...pair(tf.RealDiv, 'div', tf.div, { integers: false, shift: 2 }),
  float(tf.Reciprocal, 'reciprocal', tf.reciprocal, 1, 2),
  float(tf.Relu, 'relu', tf.relu, 1),
  integer(tf.Relu, 'relu', tf.relu),
  float(tf.Relu6, 'relu6', tf.relu6, 8),
  integer(tf.Relu6, 'relu6', tf.relu6),
  float(tf.Round, 'round', tf.round, 3),
  float(tf.Rsqrt, 'rsqrt', tf.rsqrt, 1, 1.5),
  ...[wild, whole, truth].map(
    (of): Case => ({
      kernel: tf.Select,
      call: 'where',
      values: shapes()
        .chain((shape) => fc.tuple(truth(shape), of(shape), of(shape)))
        .map((args) => ({ fn: (condition, a, b) => tf.where(condition, a, b), args })),
    }),
  ),
  {
    kernel: tf.Select,
    call: 'where',
    slopes: shapes(1)
      .chain((shape) => fc.tuple(truth(shape), tame(shape), tame(shape.with(0, 1))))
      .map((args) => ({ fn: (condition, a, b) => tf.where(condition, a, b), args })),
  },
  float(tf.Selu, 'selu', tf.selu, 3),
  float(tf.Sigmoid, 'sigmoid', tf.sigmoid, 5),
  float(tf.Sign, 'sign', tf.sign, 1),
  integer(tf.Sign, 'sign', tf.sign),
  float(tf.Sin, 'sin', tf.sin, 3),
  float(tf.Sinh, 'sinh', tf.sinh, 3),
  float(tf.Softplus, 'softplus', tf.softplus, 5),
  float(tf.Sqrt, 'sqrt', tf.sqrt, 1, 1.5),
  float(tf.Square, 'square', tf.square, 1),
  integer(tf.Square, 'square', tf.square),
  ...pair(tf.SquaredDifference, 'squaredDifference', tf.squaredDifference),
  float(tf.Step, 'step', (x) => tf.step(x), 1),
  float(tf.Step, 'step', (x) => tf.step(x, 0.25)),
  integer(tf.Step, 'step', (x) => tf.step(x, 2)),
  ...pair(tf.Sub, 'sub', tf.sub),
  float(tf.Tan, 'tan', tf.tan, 1),
  float(tf.Tanh, 'tanh', tf.tanh, 2),
];
