import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { pick } from './arrange.js';
import { cast, NUMBERS, only } from './elementwise.js';
import { matmul } from './matmul.js';
import { reshape } from './shape.js';

interface ResizeAttributes {
  alignCorners: boolean;
  halfPixelCenters: boolean;
  size: [number, number];
}

/** Distance in the input between neighbouring rows or columns of the output. */
function ratio(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** For each row or column of the output, the nearest one of the input. */
function nearest(from: number, to: number, { alignCorners, halfPixelCenters }: ResizeAttributes): number[] {
  const step = ratio(from, to, alignCorners);
  return Array.from({ length: to }, (_, at) => {
    const place = step * (at + (halfPixelCenters ? 0.5 : 0));
    return Math.max(0, Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place)));
  });
}

/** Interpolation matrix from rows or columns of the input to those of the output. */
function mixing(from: number, to: number, { alignCorners, halfPixelCenters }: ResizeAttributes): Float32Array {
  const step = ratio(from, to, alignCorners);
  const weights = new Float32Array(to * from);
  for (let at = 0; at < to; at++) {
    const place = halfPixelCenters ? step * (at + 0.5) - 0.5 : step * at;
    const low = Math.max(0, Math.floor(place));
    const high = Math.min(from - 1, Math.ceil(place));
    const share = place - low;
    weights[at * from + low]! += 1 - share;
    weights[at * from + high]! += share;
  }
  return weights;
}

/** Matrix that selects the nearest row or column. */
function picking(from: number, to: number, attrs: ResizeAttributes): Float32Array {
  const weights = new Float32Array(to * from);
  nearest(from, to, attrs).forEach((column, row) => {
    weights[row * from + column] = 1;
  });
  return weights;
}

/** Multiplies rows and columns of `x` (`[batch, height, width, channels]`) by matrices, transposed or not. */
function multiplied(
  graph: Graph,
  x: Value,
  [tall, wide]: readonly [number, number],
  matrices: readonly [Value, Value],
  transposeA: boolean,
): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const rows = reshape(graph, x, [batch, height, width * channels]);
  const down = matmul(graph, matrices[0], rows, { transposeA });
  const columns = reshape(graph, down, [batch * tall, width, channels]);
  const across = matmul(graph, matrices[1], columns, { transposeA });
  return reshape(graph, across, [batch, tall, wide, channels]);
}

/** Gradient of a resize, by the transposed matrices. */
function backwards(graph: Graph, dy: Value, images: Value, attrs: ResizeAttributes, weights: typeof mixing): Value {
  if (attrs.halfPixelCenters) {
    throw new Error(
      'tfjs-jit: the gradient of a resize with halfPixelCenters is not covered: TensorFlow.js ignores it',
    );
  }
  const [, height, width] = images.shape as [number, number, number];
  const [, tall, wide] = dy.shape as [number, number, number];
  const matrix = (from: number, to: number) => graph.constant('float32', [to, from], weights(from, to, attrs));
  return multiplied(graph, dy, [height, width], [matrix(height, tall), matrix(width, wide)], true);
}

/** Registers resizing of images and its gradients. */
export function registerResize(): void {
  kernel<ResizeAttributes>(tf.ResizeNearestNeighbor, ({ graph, inputs: { images }, attrs }) => {
    const [tall, wide] = attrs.size;
    const rows = pick(graph, images!, 1, nearest(images!.shape[1]!, tall, attrs));
    return pick(graph, rows, 2, nearest(images!.shape[2]!, wide, attrs));
  });
  kernel<ResizeAttributes>(tf.ResizeBilinear, ({ graph, inputs: { images }, attrs }) => {
    only(NUMBERS, images!);
    const [, height, width] = images!.shape as [number, number, number];
    const [tall, wide] = attrs.size;
    const down = graph.constant('float32', [tall, height], mixing(height, tall, attrs));
    const across = graph.constant('float32', [wide, width], mixing(width, wide, attrs));
    return multiplied(graph, cast(graph, images!, 'float32'), attrs.size, [down, across], false);
  });
  kernel<ResizeAttributes>(tf.ResizeNearestNeighborGrad, ({ graph, inputs: { dy, images }, attrs }) =>
    backwards(graph, dy!, images!, attrs, picking),
  );
  kernel<ResizeAttributes>(tf.ResizeBilinearGrad, ({ graph, inputs: { dy, images }, attrs }) =>
    backwards(graph, dy!, images!, attrs, mixing),
  );
}
