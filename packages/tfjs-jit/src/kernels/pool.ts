import * as tf from '@tensorflow/tfjs-core';
import { type Graph, toElements, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { binary, cast, only, unary } from './elementwise.js';
import { atPlace, gatherPlaces, padded, places, type Windows } from './windows.js';

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function geometry(x: Value, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): Windows {
  only(['float32'], x);
  const shape = [...x.shape] as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

/** `1 / (number of elements inside the image)` for each window. */
function shares(graph: Graph, info: Windows): Value {
  const inside = (count: number, step: number, before: number, size: number, reach: number) =>
    Array.from({ length: count }, (_, at) => {
      const from = at * step - before;
      // A window can be completely outside: TensorFlow.js gives 0 / 0 = NaN there.
      return Math.max(0, Math.min(size, from + reach) - Math.max(0, from));
    });
  const rows = inside(
    ...([info.outHeight, info.strideHeight, info.padInfo.top] as const),
    ...([info.inHeight, info.effectiveFilterHeight] as const),
  );
  const columns = inside(
    ...([info.outWidth, info.strideWidth, info.padInfo.left] as const),
    ...([info.inWidth, info.effectiveFilterWidth] as const),
  );
  const values = rows.flatMap((height) => columns.map((width) => 1 / (height * width)));
  return graph.constant('float32', [info.outHeight, info.outWidth, 1], toElements(values, 'float32'));
}

function combine(graph: Graph, x: Value, info: Windows, op: 'Max' | 'Add', fill: number): Value {
  const whole = padded(graph, x, info, fill);
  const parts = places(info).map((place) => atPlace(graph, whole, info, place));
  return parts.reduce((total, part) => binary(graph, op, total, part));
}

/** Passes the gradient of each window to its first largest element. */
function largestGradient(graph: Graph, dy: Value, x: Value, y: Value, info: Windows): Value {
  const whole = padded(graph, x, info, Number.NEGATIVE_INFINITY);
  let taken: Value | undefined;
  const parts = places(info).map((place) => {
    const largest = binary(graph, 'Equal', atPlace(graph, whole, info, place), y, 'bool');
    const first = taken ? binary(graph, 'And', largest, unary(graph, 'Not', taken)) : largest;
    taken = taken ? binary(graph, 'Or', taken, largest) : largest;
    return binary(graph, 'Mul', dy, cast(graph, first, 'float32'));
  });
  return gatherPlaces(graph, parts, info);
}

/** Registers pooling in two dimensions and its gradients. */
export function registerPool(): void {
  kernel<PoolAttributes>(tf.MaxPool, ({ graph, inputs: { x }, attrs }) =>
    combine(graph, x!, geometry(x!, attrs), 'Max', Number.NEGATIVE_INFINITY),
  );
  kernel<PoolAttributes>(tf.AvgPool, ({ graph, inputs: { x }, attrs }) => {
    const info = geometry(x!, attrs);
    return binary(graph, 'Mul', combine(graph, x!, info, 'Add', 0), shares(graph, info));
  });
  kernel<PoolAttributes>(tf.MaxPoolGrad, ({ graph, inputs: { dy, input, output }, attrs }) =>
    largestGradient(graph, dy!, input!, output!, geometry(input!, attrs)),
  );
  kernel<PoolAttributes>(tf.AvgPoolGrad, ({ graph, inputs: { dy, input }, attrs }) => {
    const info = geometry(input!, attrs);
    // TensorFlow.js divides by the size of the whole window here, also if part of it is outside.
    const part = binary(graph, 'Mul', dy!, graph.scalar(1 / (info.filterHeight * info.filterWidth)));
    return gatherPlaces(
      graph,
      places(info).map(() => part),
      info,
    );
  });
}
