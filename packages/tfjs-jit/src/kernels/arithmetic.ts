import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Graph, int, sizeOf, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { binary, cast, convert, NUMBERS, only, scalarLike, unary, where } from './elementwise.js';
import { reshape } from './shape.js';

/** The range of int32. */
const INT32 = { least: -(2 ** 31), most: 2 ** 31 - 1 };

/** A bound of `clipByValue` for integers; TensorFlow.js truncates it. */
const wholeBound = (bound: number) => Math.min(INT32.most, Math.max(INT32.least, Math.trunc(bound)));

/** `x` clipped to bounds; NaN stays. */
export function clip(graph: Graph, x: Value, least: number, most: number): Value {
  only(NUMBERS, x);
  const [low, high] = x.dtype === 'int32' ? [wholeBound(least), wholeBound(most)] : [least, most];
  return graph.node('Clip', [x, scalarLike(graph, x, low), scalarLike(graph, x, high)], x);
}

/** `floor(a / b)` as int32; 0 where the quotient is not finite. */
function floorDivide(graph: Graph, a: Value, b: Value): Value {
  only(NUMBERS, a, b);
  if (a.dtype === 'float32') return convert(graph, unary(graph, 'Floor', binary(graph, 'Div', a, b)), 'int32');
  // An integer division by 0 would crash the process.
  const zero = binary(graph, 'Equal', b, scalarLike(graph, b, 0), 'bool');
  const [wideA, wideB] = [
    cast(graph, a, 'int64'),
    cast(graph, where(graph, zero, scalarLike(graph, b, 1), b), 'int64'),
  ];
  // The remainder has the sign of the divisor, so `a - remainder` divides evenly and the quotient is rounded down.
  const even = binary(graph, 'Sub', wideA, binary(graph, 'Mod', wideA, wideB));
  return where(graph, zero, scalarLike(graph, b, 0), cast(graph, binary(graph, 'Div', even, wideB), 'int32'));
}

/** Remainder with the sign of the divisor; for integers, 0 where the divisor is 0. */
function modulo(graph: Graph, a: Value, b: Value): Value {
  only(NUMBERS, a, b);
  const zero = scalarLike(graph, b, 0);
  if (a.dtype === 'int32') {
    const none = binary(graph, 'Equal', b, zero, 'bool');
    const wide = [a, where(graph, none, scalarLike(graph, b, 1), b)].map((value) => cast(graph, value, 'int64'));
    return cast(graph, binary(graph, 'Mod', wide[0]!, wide[1]!), 'int32');
  }
  const fmod = (x: Value, y: Value) => {
    const shape = tf.backend_util.assertAndGetBroadcastShape([...x.shape], [...y.shape]);
    return graph.node('Mod', [x, y], { dtype: 'float32', shape }, { fmod: int(1) });
  };
  const remainder = fmod(a, b);
  const both = (op: string) =>
    binary(graph, 'And', binary(graph, op, a, zero, 'bool'), binary(graph, op, b, zero, 'bool'));
  const sameSign = binary(graph, 'Or', both('Less'), both('GreaterOrEqual'));
  return where(graph, sameSign, remainder, fmod(binary(graph, 'Add', remainder, b), b));
}

/** True where the sign bit is set, also for -0. */
function isNegative(graph: Graph, x: Value): Value {
  const zero = graph.scalar(0);
  const below = (value: Value) => binary(graph, 'Less', value, zero, 'bool');
  const negativeZero = binary(
    graph,
    'And',
    binary(graph, 'Equal', x, zero, 'bool'),
    below(unary(graph, 'Reciprocal', x)),
  );
  return binary(graph, 'Or', below(x), negativeZero);
}

/** Angle of the point (b, a), from the angle in the first quadrant. */
function arcTangent(graph: Graph, a: Value, b: Value): Value {
  only(['float32'], a, b);
  const [high, wide] = [unary(graph, 'Abs', a), unary(graph, 'Abs', b)];
  // 0 / 0 counts as 0 here and infinity / infinity as 1.
  const equal = where(graph, binary(graph, 'Equal', a, graph.scalar(0), 'bool'), graph.scalar(0), graph.scalar(1));
  const same = binary(graph, 'Equal', high, wide, 'bool');
  const angle = unary(graph, 'Atan', where(graph, same, equal, binary(graph, 'Div', high, wide)));
  const turned = where(graph, isNegative(graph, b), binary(graph, 'Sub', graph.scalar(Math.PI), angle), angle);
  return where(graph, isNegative(graph, a), unary(graph, 'Neg', turned), turned);
}

/** `exp(x) - 1` without cancellation near 0. */
export function expMinusOne(graph: Graph, x: Value): Value {
  const half = unary(graph, 'Tanh', binary(graph, 'Mul', x, graph.scalar(0.5)));
  return binary(graph, 'Mul', half, binary(graph, 'Add', unary(graph, 'Exp', x), graph.scalar(1)));
}

/**
 * Natural logarithm, as `ReduceLogSum` of one element: ONNX Runtime's `Log` rounds differently in the last few elements
 * of a thread's share, so its bits depend on the number of threads.
 */
function logarithm(graph: Graph, x: Value): Value {
  const n = sizeOf(x.shape);
  const inputs = [reshape(graph, x, [n, 1]), graph.indices([1])];
  const sums = graph.node('ReduceLogSum', inputs, { dtype: 'float32', shape: [n] }, { keepdims: int(0) });
  return reshape(graph, sums, x.shape);
}

/** `log(1 + x)` for `x` from -0.5 to 1, also where `1 + x` would lose digits. */
function logNearOne(graph: Graph, x: Value): Value {
  const ratio = binary(graph, 'Div', x, binary(graph, 'Add', x, graph.scalar(2)));
  return binary(graph, 'Mul', unary(graph, 'Atanh', ratio), graph.scalar(2));
}

/** `log(1 + x)` without cancellation near 0. */
function logOnePlus(graph: Graph, x: Value): Value {
  const near = binary(graph, 'Less', unary(graph, 'Abs', x), graph.scalar(0.5), 'bool');
  return where(graph, near, logNearOne(graph, x), logarithm(graph, binary(graph, 'Add', x, graph.scalar(1))));
}

/** `log(1 + exp(x))`; ONNX Runtime's `Softplus` depends on the number of threads, as its `Log` does. */
function softplus(graph: Graph, x: Value): Value {
  const small = unary(graph, 'Exp', unary(graph, 'Neg', unary(graph, 'Abs', x)));
  return binary(graph, 'Add', unary(graph, 'Relu', x), logNearOne(graph, small));
}

/** 1 where `x` is positive, else `alpha`; NaN stays. */
function step(graph: Graph, x: Value, alpha: number): Value {
  only(NUMBERS, x);
  const positive = () => binary(graph, 'Greater', x, scalarLike(graph, x, 0), 'bool');
  if (x.dtype === 'int32') return where(graph, positive(), scalarLike(graph, x, 1), scalarLike(graph, x, alpha));
  // In ONNX the sign of NaN is NaN.
  if (alpha === 0) return unary(graph, 'Sign', unary(graph, 'Relu', x));
  const chosen = where(graph, positive(), graph.scalar(1), graph.scalar(alpha));
  return where(graph, unary(graph, 'IsNaN', x, 'bool'), x, chosen);
}

/** Power; for integers, 0 to a negative exponent is 0. */
function power(graph: Graph, a: Value, b: Value): Value {
  only(NUMBERS, a, b);
  if (a.dtype === 'float32') return binary(graph, 'Pow', a, b);
  const zero = scalarLike(graph, a, 0);
  const infinite = binary(
    graph,
    'And',
    binary(graph, 'Equal', a, zero, 'bool'),
    binary(graph, 'Less', b, zero, 'bool'),
  );
  return binary(graph, 'Pow', a, where(graph, infinite, scalarLike(graph, b, 1), b));
}

/** Registers arithmetic that needs several ONNX operators, or attributes. */
export function registerArithmetic(): void {
  kernel<{ clipValueMin: number; clipValueMax: number }>(tf.ClipByValue, ({ graph, inputs: { x }, attrs }) =>
    clip(graph, x!, attrs.clipValueMin, attrs.clipValueMax),
  );
  const pairs: Record<string, (graph: Graph, a: Value, b: Value) => Value> = {
    [tf.Atan2]: arcTangent,
    [tf.FloorDiv]: floorDivide,
    [tf.Mod]: modulo,
    [tf.Pow]: power,
  };
  for (const [name, emit] of Object.entries(pairs)) {
    kernel(name, ({ graph, inputs: { a, b } }) => emit(graph, a!, b!));
  }
  kernel(tf.SquaredDifference, ({ graph, inputs: { a, b } }) => {
    only(NUMBERS, a!, b!);
    const difference = binary(graph, 'Sub', a!, b!);
    return binary(graph, 'Mul', difference, difference);
  });
  const singles: Record<string, (graph: Graph, x: Value) => Value> = {
    [tf.Expm1]: expMinusOne,
    [tf.Log]: logarithm,
    [tf.Log1p]: logOnePlus,
    [tf.Softplus]: softplus,
    [tf.Rsqrt]: (graph, x) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', x)),
  };
  for (const [name, emit] of Object.entries(singles)) {
    kernel(name, ({ graph, inputs: { x } }) => {
      only(['float32'], x!);
      return emit(graph, x!);
    });
  }
  kernel(tf.Square, ({ graph, inputs: { x } }) => {
    only(NUMBERS, x!);
    return binary(graph, 'Mul', x!, x!);
  });
  kernel(tf.Sign, ({ graph, inputs: { x } }) => {
    only(NUMBERS, x!);
    const sign = unary(graph, 'Sign', x!);
    // The sign of NaN is 0 in TensorFlow.js and NaN in ONNX.
    return x!.dtype === 'int32' ? sign : where(graph, unary(graph, 'IsNaN', x!, 'bool'), graph.scalar(0), sign);
  });
  kernel<{ alpha: number }>(tf.Step, ({ graph, inputs: { x }, attrs }) => step(graph, x!, attrs.alpha));
  registerTests();
}

/** Tests for NaN and infinity; integers are always finite. */
function registerTests(): void {
  const tests: Record<string, (graph: Graph, x: Value) => Value> = {
    [tf.IsNan]: (graph, x) => unary(graph, 'IsNaN', x, 'bool'),
    [tf.IsInf]: (graph, x) => unary(graph, 'IsInf', x, 'bool'),
    [tf.IsFinite]: (graph, x) => binary(graph, 'Less', unary(graph, 'Abs', x), graph.scalar(Infinity), 'bool'),
  };
  for (const [name, emit] of Object.entries(tests)) {
    kernel(name, ({ graph, inputs: { x } }) => emit(graph, cast(graph, x!, 'float32' satisfies Dtype)));
  }
}
