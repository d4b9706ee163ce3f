import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Graph, int, toElements, type Value } from '../graph.js';
import { kernel } from '../recorder.js';

/** `TensorProto.DataType` of the types to cast to. */
const ELEMENT_TYPE: Record<Dtype, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** Throws unless all values have one of these types; ONNX operators support fewer types than TensorFlow.js. */
export function only(dtypes: readonly Dtype[], ...values: readonly Value[]): void {
  const other = values.find(({ dtype }) => !dtypes.includes(dtype));
  if (other) throw new Error(`tfjs-jit: ${other.dtype} is not covered here, only ${dtypes.join(' and ')}; cast first`);
}

/** Numeric types. */
export const NUMBERS: readonly Dtype[] = ['float32', 'int32'];

/** `value` in another element type, by ONNX's rules. Use `convert` for those of TensorFlow.js. */
export function cast(graph: Graph, value: Value, dtype: Dtype): Value {
  if (value.dtype === dtype) return value;
  return graph.node('Cast', [value], { dtype, shape: value.shape }, { to: int(ELEMENT_TYPE[dtype]) });
}

/**
 * `value` in another element type, as TensorFlow.js converts it. From float32 to int32 that is JavaScript's rule:
 * numbers that are not finite become 0, large ones wrap. ONNX does not define these cases; on x86 the conversion
 * through int64 gives this result, because numbers that do not fit become -2^63, whose lower half is 0.
 */
export function convert(graph: Graph, value: Value, dtype: Dtype): Value {
  if (value.dtype !== 'float32' || dtype !== 'int32') return cast(graph, value, dtype);
  const lower = graph.constant('int64', [], BigInt64Array.of(0xffff_ffffn));
  // ONNX Runtime would merge two consecutive conversions; the operator between them prevents that.
  return cast(graph, binary(graph, 'BitwiseAnd', cast(graph, value, 'int64'), lower), 'int32');
}

/** A constant of rank 0 with the type of `like`. */
export function scalarLike(graph: Graph, like: Value, value: number): Value {
  return graph.constant(like.dtype, [], toElements([value], like.dtype as tf.DataType));
}

/** A binary elementwise operator that broadcasts. */
export function binary(graph: Graph, op: string, a: Value, b: Value, dtype: Dtype = a.dtype): Value {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return graph.node(op, [a, b], { dtype, shape });
}

/** A unary elementwise operator. */
export function unary(graph: Graph, op: string, x: Value, dtype: Dtype = x.dtype): Value {
  return graph.node(op, [x], { dtype, shape: x.shape });
}

/** `yes` where the condition is true, else `no`. */
export function where(graph: Graph, condition: Value, yes: Value, no: Value): Value {
  const both = tf.backend_util.assertAndGetBroadcastShape([...yes.shape], [...no.shape]);
  const shape = tf.backend_util.assertAndGetBroadcastShape([...condition.shape], both);
  if (yes.dtype !== 'bool') return graph.node('Where', [condition, yes, no], { dtype: yes.dtype, shape });
  return cast(graph, where(graph, condition, cast(graph, yes, 'int32'), cast(graph, no, 'int32')), 'bool');
}

const FLOAT: readonly Dtype[] = ['float32'];

/** Kernels with an equivalent ONNX operator, and the types that ONNX Runtime supports. */
const UNARY: readonly (readonly [string, string, readonly Dtype[]])[] = [
  [tf.Abs, 'Abs', NUMBERS],
  [tf.Acos, 'Acos', FLOAT],
  [tf.Acosh, 'Acosh', FLOAT],
  [tf.Asin, 'Asin', FLOAT],
  [tf.Asinh, 'Asinh', FLOAT],
  [tf.Atan, 'Atan', FLOAT],
  [tf.Atanh, 'Atanh', FLOAT],
  [tf.Ceil, 'Ceil', FLOAT],
  [tf.Cos, 'Cos', FLOAT],
  [tf.Cosh, 'Cosh', FLOAT],
  [tf.Erf, 'Erf', FLOAT],
  [tf.Exp, 'Exp', FLOAT],
  [tf.Floor, 'Floor', FLOAT],
  [tf.LogicalNot, 'Not', ['bool']],
  [tf.Neg, 'Neg', NUMBERS],
  [tf.Reciprocal, 'Reciprocal', FLOAT],
  [tf.Relu, 'Relu', NUMBERS],
  [tf.Round, 'Round', FLOAT],
  [tf.Sigmoid, 'Sigmoid', FLOAT],
  [tf.Sin, 'Sin', FLOAT],
  [tf.Sinh, 'Sinh', FLOAT],
  [tf.Sqrt, 'Sqrt', FLOAT],
  [tf.Tan, 'Tan', FLOAT],
  [tf.Tanh, 'Tanh', FLOAT],
];
const BINARY: readonly (readonly [string, string, readonly Dtype[]])[] = [
  [tf.Add, 'Add', NUMBERS],
  [tf.BitwiseAnd, 'BitwiseAnd', ['int32']],
  [tf.Maximum, 'Max', NUMBERS],
  [tf.Minimum, 'Min', NUMBERS],
  [tf.Multiply, 'Mul', NUMBERS],
  [tf.RealDiv, 'Div', FLOAT],
  [tf.Sub, 'Sub', NUMBERS],
];
/** Comparisons and their types; booleans are compared as integers. */
const COMPARISON: Record<string, string> = {
  [tf.Equal]: 'Equal',
  [tf.Greater]: 'Greater',
  [tf.GreaterEqual]: 'GreaterOrEqual',
  [tf.Less]: 'Less',
  [tf.LessEqual]: 'LessOrEqual',
};

function compare(graph: Graph, op: string, a: Value, b: Value): Value {
  const comparable = (value: Value) => (value.dtype === 'bool' ? cast(graph, value, 'int32') : value);
  return binary(graph, op, comparable(a), comparable(b), 'bool');
}

/** Registers kernels with an equivalent ONNX operator. */
export function registerElementwise(): void {
  for (const [name, op, dtypes] of UNARY) {
    kernel(name, ({ graph, list: [x] }) => {
      only(dtypes, x!);
      return unary(graph, op, x!);
    });
  }
  for (const [name, op, dtypes] of BINARY) {
    kernel(name, ({ graph, inputs: { a, b } }) => {
      only(dtypes, a!, b!);
      return binary(graph, op, a!, b!);
    });
  }
  for (const [name, op] of Object.entries(COMPARISON)) {
    kernel(name, ({ graph, inputs }) => compare(graph, op, inputs.a!, inputs.b!));
  }
  kernel(tf.NotEqual, ({ graph, inputs }) => unary(graph, 'Not', compare(graph, 'Equal', inputs.a!, inputs.b!)));
  kernel(tf.LogicalAnd, ({ graph, inputs }) => binary(graph, 'And', inputs.a!, inputs.b!));
  kernel(tf.LogicalOr, ({ graph, inputs }) => binary(graph, 'Or', inputs.a!, inputs.b!));
  kernel(tf.AddN, ({ graph, list }) => {
    only(NUMBERS, ...list);
    return list.reduce((sum, value) => binary(graph, 'Add', sum, value));
  });
  kernel<{ dtype: Dtype }>(tf.Cast, ({ graph, inputs, attrs }) => {
    if (!(attrs.dtype in ELEMENT_TYPE)) throw new Error(`tfjs-jit: tensors of type ${attrs.dtype} cannot be traced`);
    return convert(graph, inputs.x!, attrs.dtype);
  });
  kernel(tf.Identity, ({ inputs }) => inputs.x!);
  kernel(tf.Select, ({ graph, inputs: { condition, t, e } }) => {
    const dtype = tf.upcastType(t!.dtype as tf.DataType, e!.dtype as tf.DataType) as Dtype;
    return where(graph, condition!, cast(graph, t!, dtype), cast(graph, e!, dtype));
  });
}
