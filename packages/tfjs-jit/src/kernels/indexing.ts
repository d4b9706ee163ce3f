import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Graph, int, sizeOf, string, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';
import { transpose } from './arrange.js';
import { binary, cast, NUMBERS, only, scalarLike, where } from './elementwise.js';
import { matmul } from './matmul.js';
import { reduce } from './reduce.js';
import { reshape } from './shape.js';

/** Up to this many rows, a product with one-hot rows is faster than adding rows by index one at a time. */
const ONE_HOT_LIMIT = 1024;

/** A row of 0, 1, 2, ... as int32. */
function counting(graph: Graph, length: number): Value {
  return graph.constant(
    'int32',
    [1, length],
    Int32Array.from({ length }, (_, i) => i),
  );
}

/**
 * `out[i]` is the sum of the rows of `updates` (`[n, width]`) whose entry in `ids` (`[n]`) is i, for `rows` rows.
 *
 * ONNX Runtime's `ScatterND` with reduction has a data race: threads add to the same row, and sums are lost.
 * `ScatterElements` adds one element at a time, always in the same order.
 */
export function sumByIndex(graph: Graph, updates: Value, ids: Value, rows: number): Value {
  const [n, width] = updates.shape as [number, number];
  const zeros = () => expand(graph, graph.scalar(0), [rows, width]);
  if (n === 0) return zeros();
  if (rows > ONE_HOT_LIMIT) return scatterRows(graph, zeros(), ids, updates, 'add');
  const column = reshape(graph, ids, [n, 1]);
  const oneHot = cast(graph, binary(graph, 'Equal', column, counting(graph, rows), 'bool'), 'float32');
  return matmul(graph, oneHot, updates, { transposeA: true });
}

/** `target` with rows added or replaced (the last one wins), one at a time, never in parallel. */
function scatterRows(graph: Graph, target: Value, ids: Value, updates: Value, how: 'add' | 'none'): Value {
  const [n, width] = updates.shape as [number, number];
  const at = expand(graph, reshape(graph, ids, [n, 1]), [n, width]);
  const attributes = { axis: int(0), reduction: string(how) };
  return graph.node('ScatterElements', [target, at, updates], target, attributes);
}

/** Elements by index along one axis, with separate indices for each entry of the leading axes. */
function gatherBatched(graph: Graph, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x as unknown as tf.Tensor,
    indices as unknown as tf.Tensor,
    axis,
    batchDims,
  );
  const { batchSize: batch, outerSize: outer, dimSize, sliceSize, outputShape } = info;
  const n = sizeOf(indices.shape) / batch;
  const split = transpose(graph, reshape(graph, x, [batch, outer, dimSize, sliceSize]), [0, 2, 1, 3]);
  const at = cast(graph, reshape(graph, indices, [batch, n, 1]), 'int64');
  const output = { dtype: x.dtype, shape: [batch, n, outer, sliceSize] };
  const picked = graph.node('GatherND', [split, at], output, { batch_dims: int(1) });
  return reshape(graph, transpose(graph, picked, [0, 2, 1, 3]), outputShape);
}

/** Row indices from the coordinates in the last axis of `indices`, as `[n]`, int32. */
function rowNumbers(graph: Graph, indices: Value, sliceRank: number, strides: readonly number[]): Value {
  const n = sizeOf(indices.shape) / Math.max(1, sliceRank);
  if (sliceRank === 0) return expand(graph, graph.constant('int32', [], Int32Array.of(0)), [n]);
  const coordinates = reshape(graph, indices, [n, sliceRank]);
  const weights = graph.constant('int32', [1, sliceRank], Int32Array.from(strides.slice(0, sliceRank)));
  return reduce(graph, 'ReduceSum', binary(graph, 'Mul', coordinates, weights), [1], false);
}

/** `updates` as rows of width `sliceSize`, with the indices of the rows that they change. */
function scatterPlan(graph: Graph, indices: Value, updates: Value, shape: readonly number[]) {
  only(['int32'], indices);
  const { sliceRank, sliceSize, strides } = tf.backend_util.calculateShapes(
    updates as unknown as tf.TensorInfo,
    indices as unknown as tf.TensorInfo,
    [...shape],
  );
  const ids = rowNumbers(graph, indices, sliceRank, strides);
  const rows = sizeOf(shape) / sliceSize;
  return { ids, rows, sliceSize, flat: reshape(graph, updates, [ids.shape[0]!, sliceSize]) };
}

/** Registers the kernels that read and write by index. */
export function registerIndexing(): void {
  kernel<{ axis: number; batchDims?: number }>(tf.GatherV2, ({ graph, inputs: { x, indices }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
    if (attrs.batchDims) return gatherBatched(graph, x!, indices!, axis, attrs.batchDims);
    const shape = x!.shape.toSpliced(axis, 1, ...indices!.shape);
    return graph.node('Gather', [x, indices], { dtype: x!.dtype, shape }, { axis: int(axis) });
  });
  kernel(tf.GatherNd, ({ graph, inputs: { params, indices } }) => {
    const coordinates = indices!.shape.at(-1)!;
    const shape = [...indices!.shape.slice(0, -1), ...params!.shape.slice(coordinates)];
    return graph.node('GatherND', [params, cast(graph, indices!, 'int64')], { dtype: params!.dtype, shape });
  });
  kernel<{ shape: number[] }>(tf.ScatterNd, ({ graph, inputs, attrs: { shape } }) => {
    only(NUMBERS, inputs.updates!);
    const { ids, rows, sliceSize, flat } = scatterPlan(graph, inputs.indices!, inputs.updates!, shape);
    const zeros = expand(graph, scalarLike(graph, flat, 0), [rows, sliceSize]);
    return reshape(graph, flat.shape[0] === 0 ? zeros : scatterRows(graph, zeros, ids, flat, 'add'), shape);
  });
  kernel(tf.TensorScatterUpdate, ({ graph, inputs: { tensor, indices, updates } }) => {
    const { ids, rows, sliceSize, flat } = scatterPlan(graph, indices!, updates!, tensor!.shape);
    if (flat.shape[0] === 0) return tensor!;
    const target = reshape(graph, tensor!, [rows, sliceSize]);
    return reshape(graph, scatterRows(graph, target, ids, flat, 'none'), tensor!.shape);
  });
  kernel<{ numSegments: number }>(tf.UnsortedSegmentSum, ({ graph, inputs: { x, segmentIds }, attrs }) => {
    only(['float32'], x!);
    const n = sizeOf(segmentIds!.shape);
    const rest = x!.shape.slice(segmentIds!.shape.length);
    const rows = reshape(graph, x!, [n, sizeOf(rest)]);
    const sums = sumByIndex(graph, rows, reshape(graph, segmentIds!, [n]), attrs.numSegments);
    return reshape(graph, sums, [attrs.numSegments, ...rest]);
  });
  kernel<{ depth: number; onValue: number; offValue: number; dtype?: Dtype }>(
    tf.OneHot,
    ({ graph, inputs: { indices }, attrs: { depth, onValue, offValue, dtype = 'int32' } }) => {
      // ONNX's operator counts negative indices from the end.
      const column = reshape(graph, indices!, [-1, 1]);
      const hit = binary(graph, 'Equal', column, counting(graph, depth), 'bool');
      const rows = cast(graph, where(graph, hit, graph.scalar(onValue), graph.scalar(offValue)), dtype);
      return reshape(graph, rows, [...indices!.shape, depth]);
    },
  );
  kernel<{ k: number; sorted: boolean }>(tf.TopK, ({ graph, inputs: { x }, attrs }) => {
    only(NUMBERS, x!);
    const shape = x!.shape.with(-1, attrs.k);
    const types = [
      { dtype: x!.dtype, shape },
      { dtype: 'int64' as const, shape },
    ];
    const attributes = { axis: int(-1), largest: int(1), sorted: int(1) };
    const [values, indices] = graph.nodeWithOutputs('TopK', [x, graph.indices([attrs.k])], types, attributes);
    return [values!, cast(graph, indices!, 'int32')];
  });
  kernel<{ side: 'left' | 'right' }>(tf.SearchSorted, ({ graph, inputs, attrs }) => {
    const { sortedSequence, values } = inputs as { sortedSequence: Value; values: Value };
    only(NUMBERS, sortedSequence, values);
    const row = reshape(graph, sortedSequence, [sortedSequence.shape[0]!, 1, sortedSequence.shape[1]!]);
    const column = reshape(graph, values, [...values.shape, 1]);
    // The insertion index of a value is the number of elements before it.
    const before = binary(graph, attrs.side === 'left' ? 'Less' : 'LessOrEqual', row, column, 'bool');
    return reduce(graph, 'ReduceSum', cast(graph, before, 'int32'), [2], false);
  });
}
