import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { binary, only, unary } from './elementwise.js';
import { pad, slice } from './shape.js';

interface ResponseAttributes {
  depthRadius: number;
  bias: number;
  alpha: number;
  beta: number;
}

/** For each channel, the sum over channels at a distance of at most `radius`. */
function sumOfNeighbours(graph: Graph, x: Value, radius: number): Value {
  const begin = x.shape.map(() => 0);
  const wide = pad(
    graph,
    x,
    x.shape.map((_, axis) => (axis === x.shape.length - 1 ? [radius, radius] : [0, 0])),
  );
  const parts = Array.from({ length: 2 * radius + 1 }, (_, by) => slice(graph, wide, begin.with(-1, by), x.shape));
  return parts.reduce((total, part) => binary(graph, 'Add', total, part));
}

/** `bias + alpha * (sum of squares of neighbouring channels)` */
function response(graph: Graph, x: Value, { depthRadius, alpha, bias }: ResponseAttributes): Value {
  only(['float32'], x);
  const squares = sumOfNeighbours(graph, binary(graph, 'Mul', x, x), depthRadius);
  return binary(graph, 'Add', binary(graph, 'Mul', squares, graph.scalar(alpha)), graph.scalar(bias));
}

/** Registers batch normalization and local response normalization. */
export function registerNormalize(): void {
  kernel<{ varianceEpsilon?: number }>(tf.FusedBatchNorm, ({ graph, inputs, attrs }) => {
    const { x, mean, variance, scale, offset } = inputs;
    only(['float32'], x!);
    const epsilon = graph.scalar(attrs.varianceEpsilon ?? 0.001);
    const inverse = unary(graph, 'Reciprocal', unary(graph, 'Sqrt', binary(graph, 'Add', variance!, epsilon)));
    const factor = scale ? binary(graph, 'Mul', inverse, scale) : inverse;
    const scaled = binary(graph, 'Mul', binary(graph, 'Sub', x!, mean!), factor);
    return offset ? binary(graph, 'Add', scaled, offset) : scaled;
  });
  kernel<ResponseAttributes>(tf.LRN, ({ graph, inputs: { x }, attrs }) => {
    const factor = binary(graph, 'Pow', response(graph, x!, attrs), graph.scalar(-attrs.beta));
    return binary(graph, 'Mul', x!, factor);
  });
  kernel<ResponseAttributes>(tf.LRNGrad, ({ graph, inputs: { x, y, dy }, attrs }) => {
    const { alpha, beta, depthRadius } = attrs;
    const norm = response(graph, x!, attrs);
    const own = binary(graph, 'Mul', dy!, binary(graph, 'Pow', norm, graph.scalar(-beta)));
    const share = binary(graph, 'Div', binary(graph, 'Mul', dy!, y!), norm);
    const others = binary(graph, 'Mul', x!, sumOfNeighbours(graph, share, depthRadius));
    return binary(graph, 'Add', own, binary(graph, 'Mul', others, graph.scalar(-2 * alpha * beta)));
  });
}
