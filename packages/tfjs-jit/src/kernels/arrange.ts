import * as tf from '@tensorflow/tfjs-core';
import { type Graph, int, ints, sizeOf, toElements, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { scalarLike, where } from './elementwise.js';
import { pad, reshape, slice } from './shape.js';

export function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  return graph.node('Transpose', [x], { dtype: x.dtype, shape }, { perm: ints(perm) });
}

/** `counts[i]` elements of each axis, from `begins[i]` with stride `steps[i]`. */
export function stride(
  graph: Graph,
  x: Value,
  begins: readonly number[],
  counts: readonly number[],
  steps: readonly number[],
): Value {
  const ends = begins.map((begin, axis) => {
    const end = begin + counts[axis]! * steps[axis]!;
    // A negative end counts from the back; a very negative one means before the first element.
    return end < 0 ? -x.shape[axis]! - 1 : end;
  });
  const bounds = [begins, ends, begins.map((_, axis) => axis), steps].map((values) => graph.indices(values));
  return graph.node('Slice', [x, ...bounds], { dtype: x.dtype, shape: counts });
}

/** `x` with elements of one axis selected by index. */
export function pick(graph: Graph, x: Value, axis: number, numbers: readonly number[]): Value {
  const shape = x.shape.with(axis, numbers.length);
  return graph.node('Gather', [x, graph.indices(numbers)], { dtype: x.dtype, shape }, { axis: int(axis) });
}

/** `x` with some axes reversed. */
function reversed(graph: Graph, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x;
  const begins = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const steps = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
  return stride(graph, x, begins, x.shape, steps);
}

/** Source indices of a mirrored axis, with the edge element repeated or not. */
export function mirrored(
  size: number,
  [before, after]: readonly [number, number],
  mode: 'reflect' | 'symmetric',
): number[] {
  const edge = mode === 'reflect' ? 0 : 1;
  return Array.from({ length: before + size + after }, (_, at) => {
    const from = at - before;
    if (from < 0) return -from - edge;
    return from < size ? from : 2 * (size - 1) - from + edge;
  });
}

interface StridedSliceAttributes {
  begin: number[];
  end: number[];
  strides: number[];
  beginMask: number;
  endMask: number;
  ellipsisMask: number;
  newAxisMask: number;
  shrinkAxisMask: number;
}

function stridedSlice(graph: Graph, x: Value, attrs: StridedSliceAttributes): Value {
  const { begin, end, strides } = attrs;
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const info = tf.slice_util.sliceInfo([...x.shape], begin, end, strides, ...masks);
  if (sizeOf(info.finalShape) === 0) {
    return graph.constant(x.dtype, info.finalShape, toElements([], x.dtype as tf.DataType));
  }
  if (info.isIdentity) return reshape(graph, x, info.finalShape);
  const counts = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  return reshape(graph, stride(graph, x, info.begin, counts, info.strides), info.finalShape);
}

/** Registers reversing, mirroring, strided slices, and moves of spatial blocks to other axes. */
export function registerArrange(): void {
  kernel<{ dims: number | number[] }>(tf.Reverse, ({ graph, inputs: { x }, attrs }) =>
    reversed(graph, x!, tf.util.parseAxisParam(attrs.dims, [...x!.shape])),
  );
  kernel(tf.FlipLeftRight, ({ graph, inputs: { image } }) => reversed(graph, image!, [2]));
  kernel<StridedSliceAttributes>(tf.StridedSlice, ({ graph, inputs, attrs }) => stridedSlice(graph, inputs.x!, attrs));
  kernel<{ paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>(
    tf.MirrorPad,
    ({ graph, inputs: { x }, attrs: { paddings, mode } }) =>
      paddings.reduce((value, amounts, axis) => {
        if (amounts[0] === 0 && amounts[1] === 0) return value;
        return pick(graph, value, axis, mirrored(value.shape[axis]!, amounts, mode));
      }, x!),
  );
  kernel(tf.Diag, ({ graph, inputs: { x } }) => {
    const n = sizeOf(x!.shape);
    const eye = Uint8Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
    const diagonal = graph.constant('bool', [n, n], toElements(eye, 'bool'));
    const matrix = where(graph, diagonal, reshape(graph, x!, [n, 1]), scalarLike(graph, x!, 0));
    return reshape(graph, matrix, [...x!.shape, ...x!.shape]);
  });
  kernel<{ blockSize: number; dataFormat: string }>(tf.DepthToSpace, ({ graph, inputs: { x }, attrs }) => {
    const { blockSize: block, dataFormat } = attrs;
    if (dataFormat !== 'NHWC') throw new Error(`tfjs-jit: dataFormat ${dataFormat} is not covered, only NHWC`);
    const [batch, height, width, depth] = x!.shape as [number, number, number, number];
    const inner = depth / (block * block);
    const blocks = reshape(graph, x!, [batch, height, width, block, block, inner]);
    const moved = transpose(graph, blocks, [0, 1, 3, 2, 4, 5]);
    return reshape(graph, moved, [batch, height * block, width * block, inner]);
  });
  registerBlocks();
}

/** Moves between spatial blocks and the batch, with the intermediate shapes of TensorFlow.js's own backends. */
function registerBlocks(): void {
  const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util;
  kernel<{ blockShape: number[]; crops: [number, number][] }>(
    tf.BatchToSpaceND,
    ({ graph, inputs: { x }, attrs: { blockShape, crops } }) => {
      const shape = [...x!.shape];
      const blocks = sizeOf(blockShape);
      const split = getReshaped(shape, blockShape, blocks);
      const whole = getReshapedPermuted(shape, blockShape, blocks);
      const moved = transpose(graph, reshape(graph, x!, split), getPermuted(split.length, blockShape.length));
      // These cover only the batch and the axes of the blocks.
      const begin = getSliceBeginCoords(crops, blockShape.length);
      const size = getSliceSize(whole, crops, blockShape.length);
      return slice(
        graph,
        reshape(graph, moved, whole),
        whole.map((_, axis) => begin[axis] ?? 0),
        whole.map((own, axis) => size[axis] ?? own),
      );
    },
  );
  kernel<{ blockShape: number[]; paddings: [number, number][] }>(
    tf.SpaceToBatchND,
    ({ graph, inputs: { x }, attrs: { blockShape, paddings } }) => {
      const blocks = sizeOf(blockShape);
      const amounts = x!.shape.map((_, axis) => paddings[axis - 1] ?? ([0, 0] as const));
      const padded = pad(graph, x!, amounts);
      const shape = [...padded.shape];
      const split = getReshaped(shape, blockShape, blocks, false);
      const perm = getPermuted(split.length, blockShape.length, false);
      const moved = transpose(graph, reshape(graph, padded, split), perm);
      return reshape(graph, moved, getReshapedPermuted(shape, blockShape, blocks, false));
    },
  );
}
