import * as tf from '@tensorflow/tfjs-core';
import { type Graph, int, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { cast } from './elementwise.js';

interface ReduceAttributes {
  axis?: number | number[];
  /** What the kernel of `max` calls it. */
  reductionIndices?: number | number[];
  keepDims: boolean;
}

/** An ONNX reduction over some axes. */
export function reduce(graph: Graph, op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const kept = x.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  const shape = keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return graph.node(
    op,
    [x, graph.indices(axes)],
    { dtype: x.dtype, shape },
    { keepdims: int(keepDims ? 1 : 0), noop_with_empty_axes: int(1) },
  );
}

/** Registers reductions and softmax. */
export function registerReduce(): void {
  const names = {
    [tf.Sum]: 'ReduceSum',
    [tf.Mean]: 'ReduceMean',
    [tf.Max]: 'ReduceMax',
    [tf.Min]: 'ReduceMin',
    [tf.Prod]: 'ReduceProd',
  };
  for (const [name, op] of Object.entries(names)) {
    kernel<ReduceAttributes>(name, ({ graph, inputs: { x }, attrs }) => {
      // A mean of integers is no integer; sums of truth values are.
      const dtype = name === tf.Mean ? 'float32' : x!.dtype === 'bool' ? 'int32' : x!.dtype;
      const numbers = cast(graph, x!, dtype);
      const axes = tf.util.parseAxisParam((attrs.reductionIndices ?? attrs.axis) as number[], [...x!.shape]);
      return reduce(graph, op, numbers, axes, attrs.keepDims ?? false);
    });
  }
  kernel<{ axis: number }>(tf.ArgMax, ({ graph, inputs: { x }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
    const shape = x!.shape.toSpliced(axis, 1);
    const index = graph.node('ArgMax', [x], { dtype: 'int64', shape }, { axis: int(axis), keepdims: int(0) });
    return cast(graph, index, 'int32');
  });
  kernel<{ dim: number }>(tf.Softmax, ({ graph, inputs: { logits }, attrs }) =>
    graph.node('Softmax', [logits], logits!, { axis: int(attrs.dim) }),
  );
  kernel<{ axis: number }>(tf.LogSoftmax, ({ graph, inputs: { logits }, attrs }) =>
    graph.node('LogSoftmax', [logits], logits!, { axis: int(attrs.axis) }),
  );
}
