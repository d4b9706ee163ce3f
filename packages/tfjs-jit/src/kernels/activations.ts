import * as tf from '@tensorflow/tfjs-core';
import { float, type Graph, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';
import { clip } from './arithmetic.js';
import { binary, NUMBERS, only, unary, where } from './elementwise.js';

/** `x` where it is not negative, else `x * alpha`. */
export function prelu(graph: Graph, x: Value, alpha: Value): Value {
  only(['float32'], x, alpha);
  const shape = tf.backend_util.assertAndGetBroadcastShape([...x.shape], [...alpha.shape]);
  return graph.node('PRelu', [expand(graph, x, shape), alpha], { dtype: 'float32', shape });
}

/** `x` where it is not negative, else `x * alpha` with one slope for all. */
export function leakyRelu(graph: Graph, x: Value, alpha: number): Value {
  only(['float32'], x);
  return graph.node('LeakyRelu', [x], x, { alpha: float(alpha) });
}

/** Activations of one input without attributes. */
export const ACTIVATIONS: Record<string, (graph: Graph, x: Value) => Value> = {
  [tf.Elu]: (graph, x) => unary(graph, 'Elu', x),
  [tf.Relu6]: (graph, x) => clip(graph, x, 0, 6),
  [tf.Selu]: (graph, x) => unary(graph, 'Selu', x),
};

/** Registers the activations of neural networks, and the gradient of one that has a kernel of its own. */
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
