import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { ACTIVATIONS, leakyRelu, prelu } from './activations.js';
import { binary, unary } from './elementwise.js';
import { matmul } from './matmul.js';

/** Attributes of `tf.fused` for the steps after the product. */
export interface FusedAttributes {
  activation?: string;
  leakyreluAlpha?: number;
}

/** Adds the bias to a product, then applies the activation. */
export function activate(
  graph: Graph,
  product: Value,
  { bias, preluActivationWeights }: Readonly<Record<string, Value>>,
  { activation = 'linear', leakyreluAlpha }: FusedAttributes,
): Value {
  const x = bias ? binary(graph, 'Add', product, bias) : product;
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return unary(graph, 'Relu', x);
    case 'relu6':
      return ACTIVATIONS[tf.Relu6]!(graph, x);
    case 'elu':
      return ACTIVATIONS[tf.Elu]!(graph, x);
    case 'sigmoid':
      return unary(graph, 'Sigmoid', x);
    case 'prelu':
      return prelu(graph, x, preluActivationWeights!);
    case 'leakyrelu':
      return leakyRelu(graph, x, leakyreluAlpha ?? 0.2);
    default:
      throw new Error(`tfjs-jit: the activation ${activation} is not covered`);
  }
}

/** Registers `tf.fused.matMul`. */
export function registerFused(): void {
  kernel<FusedAttributes & { transposeA: boolean; transposeB: boolean }>(tf._FusedMatMul, ({ graph, inputs, attrs }) =>
    activate(graph, matmul(graph, inputs.a!, inputs.b!, attrs), inputs, attrs),
  );
}
