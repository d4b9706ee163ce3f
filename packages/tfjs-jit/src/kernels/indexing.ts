import * as tf from '@tensorflow/tfjs-core';
import { type Graph, int, sizeOf, string, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';
import { binary, cast } from './elementwise.js';
import { matmul } from './matmul.js';
import { reshape } from './shape.js';

/** Up to this many rows, adding rows by index as a product with one-hot rows is faster than one after the other. */
const ONE_HOT_LIMIT = 1024;

/**
 * `out[i]` is the sum of the rows of `updates` (`n x width`) whose entry in `ids` (`n`) is i, for `rows` rows.
 *
 * `ScatterND` with reduction would be the operator for this, but ONNX Runtime's lets threads add to the same row at
 * the same time: sums are lost. `ScatterElements` adds one element after the other, always in the same order.
 */
export function sumByIndex(graph: Graph, updates: Value, ids: Value, rows: number): Value {
  const [n, width] = updates.shape as [number, number];
  const column = reshape(graph, ids, [n, 1]);
  if (rows <= ONE_HOT_LIMIT) {
    const range = graph.constant(
      'int32',
      [1, rows],
      Int32Array.from({ length: rows }, (_, i) => i),
    );
    const oneHot = cast(graph, binary(graph, 'Equal', column, range, 'bool'), 'float32');
    return matmul(graph, oneHot, updates, { transposeA: true });
  }
  const zeros = expand(graph, graph.scalar(0), [rows, width]);
  return graph.node(
    'ScatterElements',
    [zeros, expand(graph, column, [n, width]), updates],
    { dtype: 'float32', shape: [rows, width] },
    { axis: int(0), reduction: string('add') },
  );
}

/** Registers the kernels that read and write by index. */
export function registerIndexing(): void {
  kernel<{ axis: number; batchDims?: number }>(tf.GatherV2, ({ graph, inputs: { x, indices }, attrs }) => {
    if (attrs.batchDims) throw new Error('tfjs-jit: gather with batchDims is not covered');
    const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
    const shape = x!.shape.toSpliced(axis, 1, ...indices!.shape);
    return graph.node('Gather', [x, indices], { dtype: x!.dtype, shape }, { axis: int(axis) });
  });
  kernel<{ numSegments: number }>(tf.UnsortedSegmentSum, ({ graph, inputs: { x, segmentIds }, attrs }) => {
    const n = sizeOf(segmentIds!.shape);
    const rest = x!.shape.slice(segmentIds!.shape.length);
    const rows = reshape(graph, x!, [n, sizeOf(rest)]);
    const sums = sumByIndex(graph, rows, reshape(graph, segmentIds!, [n]), attrs.numSegments);
    return reshape(graph, sums, [attrs.numSegments, ...rest]);
  });
  kernel<{ depth: number; onValue: number; offValue: number; dtype?: 'float32' | 'int32' | 'bool' }>(
    tf.OneHot,
    ({ graph, inputs: { indices }, attrs }) => {
      const shape = [...indices!.shape, attrs.depth];
      const oneHot = graph.node(
        'OneHot',
        [
          cast(graph, indices!, 'int64'),
          graph.constant('int64', [], BigInt64Array.of(BigInt(attrs.depth))),
          graph.constant('float32', [2], Float32Array.of(attrs.offValue, attrs.onValue)),
        ],
        { dtype: 'float32', shape },
      );
      return cast(graph, oneHot, attrs.dtype ?? 'int32');
    },
  );
}
