import * as tf from '@tensorflow/tfjs-core';
import { type Graph, int, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { binary, only } from './elementwise.js';
import { activate, type FusedAttributes } from './fused.js';
import { matmul } from './matmul.js';
import { reduce } from './reduce.js';
import { concat, reshape } from './shape.js';
import { atPlace, gatherPlaces, padded, places, type Windows } from './windows.js';

type Shape4D = [number, number, number, number];

interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dataFormat?: string;
  dilations?: number | [number, number] | null;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  /** Gradients only: shape of the differentiated argument. */
  inputShape: Shape4D;
  filterShape: Shape4D;
}

function geometry(x: readonly number[], filter: readonly number[], attrs: ConvolutionAttributes, depthwise: boolean) {
  const { strides, pad, dilations, dimRoundingMode, dataFormat = 'NHWC' } = attrs;
  if (dataFormat !== 'NHWC') throw new Error(`tfjs-jit: dataFormat ${dataFormat} is not covered, only NHWC`);
  return tf.backend_util.computeConv2DInfo(
    ...([[...x] as Shape4D, [...filter] as Shape4D, strides, dilations ?? 1, pad] as const),
    ...([dimRoundingMode, depthwise] as const),
  );
}

/** One row per window with all its elements: `[batch * outHeight * outWidth, places * channels]`. */
function rowsOf(graph: Graph, x: Value, info: Windows): Value {
  const whole = padded(graph, x, info, 0);
  const parts = places(info).map((place) => atPlace(graph, whole, info, place));
  const rows = parts.length === 1 ? parts[0]! : concat(graph, parts, 3);
  return reshape(graph, rows, [-1, parts.length * info.inChannels]);
}

/**
 * A convolution as one matrix product over all windows. ONNX's own operator needs channels before height and width, and
 * its summation order in ONNX Runtime depends on the number of threads.
 */
function convolution(graph: Graph, x: Value, filter: Value, attrs: ConvolutionAttributes): Value {
  only(['float32'], x, filter);
  const info = geometry(x.shape, filter.shape, attrs, false);
  const matrix = reshape(graph, filter, [-1, info.outChannels]);
  return reshape(graph, matmul(graph, rowsOf(graph, x, info), matrix), info.outShape);
}

/** Depthwise convolution: each channel separately, with one or more filters. */
function depthwise(graph: Graph, x: Value, filter: Value, attrs: ConvolutionAttributes): Value {
  only(['float32'], x, filter);
  const info = geometry(x.shape, filter.shape, attrs, true);
  const whole = padded(graph, x, info, 0);
  const products = places(info).map((place) => {
    const part = atPlace(graph, whole, info, place);
    return binary(graph, 'Mul', reshape(graph, part, [...part.shape, 1]), filterAt(graph, filter, info, place));
  });
  const sum = products.reduce((total, product) => binary(graph, 'Add', total, product));
  return reshape(graph, sum, info.outShape);
}

/** Weights of a depthwise filter at one place: `[channels, multiplier]`. */
function filterAt(graph: Graph, filter: Value, info: Windows, [row, column]: readonly [number, number]): Value {
  const flat = reshape(graph, filter, [-1, filter.shape[2]!, filter.shape[3]!]);
  const index = graph.constant('int64', [], BigInt64Array.of(BigInt(row * info.filterWidth + column)));
  return graph.node('Gather', [flat, index], { dtype: 'float32', shape: flat.shape.slice(1) }, { axis: int(0) });
}

/** `dy` of a depthwise convolution, with separate axes for channels and multiplier. */
function splitChannels(graph: Graph, dy: Value, info: Windows): Value {
  const multiplier = info.outChannels / info.inChannels;
  return reshape(graph, dy, [...dy.shape.slice(0, 3), info.inChannels, multiplier]);
}

/** Registers convolutions and their gradients. */
export function registerConvolution(): void {
  kernel<ConvolutionAttributes>(tf.Conv2D, ({ graph, inputs: { x, filter }, attrs }) =>
    convolution(graph, x!, filter!, attrs),
  );
  kernel<ConvolutionAttributes & FusedAttributes>(tf.FusedConv2D, ({ graph, inputs, attrs }) =>
    activate(graph, convolution(graph, inputs.x!, inputs.filter!, attrs), inputs, attrs),
  );
  kernel<ConvolutionAttributes>(tf.Conv2DBackpropFilter, ({ graph, inputs: { x, dy }, attrs }) => {
    const info = geometry(x!.shape, attrs.filterShape, attrs, false);
    const rows = reshape(graph, dy!, [-1, info.outChannels]);
    const gradient = matmul(graph, rowsOf(graph, x!, info), rows, { transposeA: true });
    return reshape(graph, gradient, attrs.filterShape);
  });
  kernel<ConvolutionAttributes>(tf.Conv2DBackpropInput, ({ graph, inputs: { dy, filter }, attrs }) => {
    const info = geometry(attrs.inputShape, filter!.shape, attrs, false);
    const rows = reshape(graph, dy!, [-1, info.outChannels]);
    const parts = places(info).map(([row, column]) => {
      const weights = filterAt(graph, filter!, info, [row, column]);
      const part = matmul(graph, rows, weights, { transposeB: true });
      return reshape(graph, part, [...info.outShape.slice(0, 3), info.inChannels]);
    });
    return gatherPlaces(graph, parts, info);
  });
  kernel<ConvolutionAttributes>(tf.DepthwiseConv2dNative, ({ graph, inputs: { x, filter }, attrs }) =>
    depthwise(graph, x!, filter!, attrs),
  );
  kernel<ConvolutionAttributes & FusedAttributes>(tf.FusedDepthwiseConv2D, ({ graph, inputs, attrs }) =>
    activate(graph, depthwise(graph, inputs.x!, inputs.filter!, attrs), inputs, attrs),
  );
  kernel<ConvolutionAttributes>(tf.DepthwiseConv2dNativeBackpropFilter, ({ graph, inputs: { x, dy }, attrs }) => {
    const info = geometry(x!.shape, attrs.filterShape, attrs, true);
    const whole = padded(graph, x!, info, 0);
    const slopes = splitChannels(graph, dy!, info);
    const parts = places(info).map((place) => {
      const part = atPlace(graph, whole, info, place);
      const product = binary(graph, 'Mul', reshape(graph, part, [...part.shape, 1]), slopes);
      return reduce(graph, 'ReduceSum', product, [0, 1, 2], false);
    });
    return reshape(graph, parts.length === 1 ? parts[0]! : concat(graph, parts, 0), attrs.filterShape);
  });
  kernel<ConvolutionAttributes>(tf.DepthwiseConv2dNativeBackpropInput, ({ graph, inputs: { dy, filter }, attrs }) => {
    const info = geometry(attrs.inputShape, filter!.shape, attrs, true);
    const slopes = splitChannels(graph, dy!, info);
    const parts = places(info).map((place) => {
      const product = binary(graph, 'Mul', slopes, filterAt(graph, filter!, info, place));
      return reduce(graph, 'ReduceSum', product, [4], false);
    });
    return gatherPlaces(graph, parts, info);
  });
}
