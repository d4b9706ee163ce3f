import type * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { stride } from './arrange.js';
import { binary } from './elementwise.js';
import { pad, reshape, slice } from './shape.js';

/** Geometry of a convolution or of pooling, as TensorFlow.js computes it. */
export type Windows = tf.backend_util.Conv2DInfo;

/** Indices of the places in a window, row by row. */
export function places({ filterHeight, filterWidth }: Windows): readonly (readonly [number, number])[] {
  return Array.from({ length: filterHeight * filterWidth }, (_, at) => [
    Math.floor(at / filterWidth),
    at % filterWidth,
  ]);
}

/** Rows and columns that the windows cover, padding included. */
function extent(info: Windows): readonly [number, number] {
  const reach = (count: number, step: number, size: number) => (count - 1) * step + size;
  return [
    Math.max(reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight), info.padInfo.top + info.inHeight),
    Math.max(reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth), info.padInfo.left + info.inWidth),
  ];
}

/** `x` (`[batch, height, width, channels]`) padded with `fill` where windows cross an edge. */
export function padded(graph: Graph, x: Value, info: Windows, fill: number): Value {
  const [height, width] = extent(info);
  const { top, left } = info.padInfo;
  const amounts = [
    [0, 0],
    [top, height - top - info.inHeight],
    [left, width - left - info.inWidth],
    [0, 0],
  ] as const;
  return amounts.every(([before, after]) => before === 0 && after === 0) ? x : pad(graph, x, amounts, fill);
}

/** The element at one place of every window: `[batch, outHeight, outWidth, channels]`. */
export function atPlace(graph: Graph, x: Value, info: Windows, [row, column]: readonly [number, number]): Value {
  const begins = [0, row * info.dilationHeight, column * info.dilationWidth, 0];
  const counts = [x.shape[0]!, info.outHeight, info.outWidth, x.shape[3]!];
  return stride(graph, x, begins, counts, [1, info.strideHeight, info.strideWidth, 1]);
}

/**
 * The gradient of `padded` and `atPlace` together: sums the contributions of each place of every window at their
 * source, in the order of the places.
 */
export function gatherPlaces(graph: Graph, parts: readonly Value[], info: Windows): Value {
  const [height, width] = extent(info);
  const spread = parts.map((part, index) => {
    const [row, column] = places(info)[index]!;
    const apart = withGaps(graph, part, info);
    const [top, left] = [row * info.dilationHeight, column * info.dilationWidth];
    const amounts = [
      [0, 0],
      [top, height - top - apart.shape[1]!],
      [left, width - left - apart.shape[2]!],
      [0, 0],
    ] as const;
    return pad(graph, apart, amounts);
  });
  const sum = spread.reduce((total, part) => binary(graph, 'Add', total, part));
  const { top, left } = info.padInfo;
  return slice(graph, sum, [0, top, left, 0], [sum.shape[0]!, info.inHeight, info.inWidth, sum.shape[3]!]);
}

/** Spreads rows and columns by the stride of the windows, with zeros between. */
function withGaps(graph: Graph, part: Value, { strideHeight: down, strideWidth: right }: Windows): Value {
  if (down === 1 && right === 1) return part;
  const [batch, height, width, channels] = part.shape as [number, number, number, number];
  const none = [0, 0] as const;
  const cells = reshape(graph, part, [batch, height, 1, width, 1, channels]);
  const wide = pad(graph, cells, [none, none, [0, down - 1], none, [0, right - 1], none]);
  const whole = reshape(graph, wide, [batch, height * down, width * right, channels]);
  // No gap after the last row and column.
  return slice(graph, whole, [0, 0, 0, 0], [batch, (height - 1) * down + 1, (width - 1) * right + 1, channels]);
}
