import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Graph, int, type Value } from '../graph.js';
import { kernel } from '../recorder.js';

/** `TensorProto.DataType` of the types to cast to. */
const ELEMENT_TYPE: Record<Dtype, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** `value` in another element type. */
export function cast(graph: Graph, value: Value, dtype: Dtype): Value {
  if (value.dtype === dtype) return value;
  return graph.node('Cast', [value], { dtype, shape: value.shape }, { to: int(ELEMENT_TYPE[dtype]) });
}

/** An elementwise operator of two broadcast inputs. */
export function binary(graph: Graph, op: string, a: Value, b: Value, dtype: Dtype = a.dtype): Value {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return graph.node(op, [a, b], { dtype, shape });
}

/** An elementwise operator of one input. */
export function unary(graph: Graph, op: string, x: Value): Value {
  return graph.node(op, [x], { dtype: x.dtype, shape: x.shape });
}

/** TensorFlow.js' name of each operator that ONNX has as well. */
const UNARY: Record<string, string> = {
  [tf.Abs]: 'Abs',
  [tf.Ceil]: 'Ceil',
  [tf.Cos]: 'Cos',
  [tf.Erf]: 'Erf',
  [tf.Exp]: 'Exp',
  [tf.Floor]: 'Floor',
  [tf.Log]: 'Log',
  [tf.LogicalNot]: 'Not',
  [tf.Neg]: 'Neg',
  [tf.Reciprocal]: 'Reciprocal',
  [tf.Relu]: 'Relu',
  [tf.Round]: 'Round',
  [tf.Sigmoid]: 'Sigmoid',
  [tf.Sign]: 'Sign',
  [tf.Sin]: 'Sin',
  [tf.Softplus]: 'Softplus',
  [tf.Sqrt]: 'Sqrt',
  [tf.Tanh]: 'Tanh',
};
const BINARY: Record<string, string> = {
  [tf.Add]: 'Add',
  [tf.Maximum]: 'Max',
  [tf.Minimum]: 'Min',
  [tf.Multiply]: 'Mul',
  [tf.Pow]: 'Pow',
  [tf.RealDiv]: 'Div',
  [tf.Sub]: 'Sub',
};
const PREDICATE: Record<string, string> = {
  [tf.Equal]: 'Equal',
  [tf.Greater]: 'Greater',
  [tf.GreaterEqual]: 'GreaterOrEqual',
  [tf.Less]: 'Less',
  [tf.LessEqual]: 'LessOrEqual',
  [tf.LogicalAnd]: 'And',
  [tf.LogicalOr]: 'Or',
};

/** Registers the elementwise kernels. */
export function registerElementwise(): void {
  for (const [name, op] of Object.entries(UNARY)) {
    kernel(name, ({ graph, list }) => unary(graph, op, list[0]!));
  }
  for (const [name, op] of Object.entries(BINARY)) {
    kernel(name, ({ graph, inputs }) => binary(graph, op, inputs.a!, inputs.b!));
  }
  for (const [name, op] of Object.entries(PREDICATE)) {
    kernel(name, ({ graph, inputs }) => binary(graph, op, inputs.a!, inputs.b!, 'bool'));
  }
  kernel(tf.NotEqual, ({ graph, inputs }) => unary(graph, 'Not', binary(graph, 'Equal', inputs.a!, inputs.b!, 'bool')));
  kernel(tf.AddN, ({ graph, list }) => list.reduce((sum, value) => binary(graph, 'Add', sum, value)));
  kernel(tf.Square, ({ graph, inputs }) => binary(graph, 'Mul', inputs.x!, inputs.x!));
  kernel(tf.SquaredDifference, ({ graph, inputs }) => {
    const difference = binary(graph, 'Sub', inputs.a!, inputs.b!);
    return binary(graph, 'Mul', difference, difference);
  });
  kernel(tf.Rsqrt, ({ graph, inputs }) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', inputs.x!)));
  kernel<{ alpha: number }>(tf.Step, ({ graph, inputs: { x }, attrs }) => {
    const positive = binary(graph, 'Greater', x!, graph.scalar(0), 'bool');
    if (attrs.alpha === 0) return cast(graph, positive, x!.dtype);
    const output = { dtype: x!.dtype, shape: x!.shape };
    return graph.node('Where', [positive, graph.scalar(1), graph.scalar(attrs.alpha)], output);
  });
  kernel<{ clipValueMin: number; clipValueMax: number }>(tf.ClipByValue, ({ graph, inputs: { x }, attrs }) =>
    graph.node('Clip', [x, graph.scalar(attrs.clipValueMin), graph.scalar(attrs.clipValueMax)], x!),
  );
  kernel<{ dtype: Dtype }>(tf.Cast, ({ graph, inputs, attrs }) => cast(graph, inputs.x!, attrs.dtype));
  kernel(tf.Identity, ({ inputs }) => inputs.x!);
  kernel(tf.Select, ({ graph, inputs: { condition, t, e } }) => graph.node('Where', [condition, t, e], t!));
}
