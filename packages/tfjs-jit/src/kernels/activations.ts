import * as tf from '@tensorflow/tfjs-core';
import { float, type Graph, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';
import { clip, expMinusOne } from './arithmetic.js';
import { binary, NUMBERS, only, where } from './elementwise.js';

/** `x` where `x >= 0`, else `x * alpha`. */
export function prelu(graph: Graph, x: Value, alpha: Value): Value {
  only(['float32'], x, alpha);
  const shape = tf.backend_util.assertAndGetBroadcastShape([...x.shape], [...alpha.shape]);
  return graph.node('PRelu', [expand(graph, x, shape), alpha], { dtype: 'float32', shape });
}

/** `x` where `x >= 0`, else `x * alpha` with one slope for all elements. */
export function leakyRelu(graph: Graph, x: Value, alpha: number): Value {
  only(['float32'], x);
  return graph.node('LeakyRelu', [x], x, { alpha: float(alpha) });
}

/**
 * `scale * x` where `x >= 0`, else `scaleBelow * (exp(x) - 1)`. ONNX Runtime's `Elu` and `Selu` round differently in
 * the last few elements of a thread's share, so their bits depend on the number of threads.
 */
function exponentialUnit(graph: Graph, x: Value, scale: number, scaleBelow: number): Value {
  const scaled = (value: Value, by: number) => (by === 1 ? value : binary(graph, 'Mul', value, graph.scalar(by)));
  const positive = binary(graph, 'GreaterOrEqual', x, graph.scalar(0), 'bool');
  return where(graph, positive, scaled(x, scale), scaled(expMinusOne(graph, x), scaleBelow));
}

/** Unary activations without attributes. */
export const ACTIVATIONS: Record<string, (graph: Graph, x: Value) => Value> = {
  [tf.Elu]: (graph, x) => exponentialUnit(graph, x, 1, 1),
  [tf.Relu6]: (graph, x) => clip(graph, x, 0, 6),
  [tf.Selu]: (graph, x) => exponentialUnit(graph, x, tf.backend_util.SELU_SCALE, tf.backend_util.SELU_SCALEALPHA),
};

/** Registers activations of neural networks, and the gradient of `elu`, which is a kernel. */
export function registerActivations(): void {
  for (const [name, emit] of Object.entries(ACTIVATIONS)) {
    kernel(name, ({ graph, inputs: { x } }) => {
      only(name === tf.Relu6 ? NUMBERS : ['float32'], x!);
      return emit(graph, x!);
    });
  }
  kernel(tf.EluGrad, ({ graph, inputs: { dy, y } }) => {
    const slope = binary(graph, 'Add', y!, graph.scalar(1));
    const positive = binary(graph, 'GreaterOrEqual', y!, graph.scalar(0), 'bool');
    return where(graph, positive, dy!, binary(graph, 'Mul', dy!, slope));
  });
  kernel(tf.Prelu, ({ graph, inputs: { x, alpha } }) => prelu(graph, x!, alpha!));
  kernel<{ alpha: number }>(tf.LeakyRelu, ({ graph, inputs: { x }, attrs }) => leakyRelu(graph, x!, attrs.alpha));
}
