import * as tf from '@tensorflow/tfjs-core';
import { register, type Tensor, unbroadcast } from './register.js';

/** Calls one of TensorFlow.js's kernels for gradients. */
const run = (name: string, inputs: Record<string, Tensor>, attributes: object) =>
  tf.engine().runKernel<Tensor>(name, inputs, attributes as tf.NamedAttrMap);

/** Registers gradients of convolutions, pooling, normalization and resizing. */
export function registerImages(): void {
  for (const [name, inputGradient, filterGradient] of [
    [tf.Conv2D, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter],
    [tf.DepthwiseConv2dNative, tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter],
  ] as const) {
    register(name, { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => {
      const dilations = (attributes.dilations ?? 1) as number | [number, number];
      if (![dilations].flat().every((rate) => rate === 1)) {
        throw new Error('tfjs-jit: a convolution with dilations above 1 cannot be differentiated, as in TensorFlow.js');
      }
      return {
        x: () => run(inputGradient, { dy, filter: filter! }, { ...attributes, inputShape: x!.shape }),
        filter: () => run(filterGradient, { x: x!, dy }, { ...attributes, filterShape: filter!.shape }),
      };
    });
  }
  register(tf.Conv2DBackpropInput, { inputs: ['dy', 'filter'] }, (ddx, [dy, filter], attributes) => ({
    dy: () => run(tf.Conv2D, { x: ddx, filter: filter! }, { ...attributes, dilations: 1 }),
    filter: () => run(tf.Conv2DBackpropFilter, { x: ddx, dy: dy! }, { ...attributes, filterShape: filter!.shape }),
  }));
  register(tf.MaxPool, { inputs: ['x'], outputs: true }, (dy, [x, y], attributes) => ({
    x: () => run(tf.MaxPoolGrad, { dy, input: x!, output: y! }, attributes),
  }));
  register(tf.AvgPool, { inputs: ['x'] }, (dy, [x], attributes) => ({
    x: () => run(tf.AvgPoolGrad, { dy, input: x! }, attributes),
  }));
  register(tf.LRN, { inputs: ['x'], outputs: true }, (dy, [x, y], attributes) => ({
    x: () => run(tf.LRNGrad, { x: x!, y: y!, dy }, attributes),
  }));
  for (const [name, gradient] of [
    [tf.ResizeBilinear, tf.ResizeBilinearGrad],
    [tf.ResizeNearestNeighbor, tf.ResizeNearestNeighborGrad],
  ] as const) {
    register(name, { inputs: ['images'] }, (dy, [images], attributes) => ({
      images: () => run(gradient, { dy, images: images! }, attributes),
    }));
  }
  registerBatchNorm();
}

function registerBatchNorm(): void {
  const inputs = ['x', 'mean', 'variance', 'scale'];
  register(tf.FusedBatchNorm, { inputs }, (dy, saved, { varianceEpsilon }) => {
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | undefined];
    const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon as number));
    const scaled = scale ? tf.mul(dy, scale) : dy;
    const centered = tf.sub(x, mean);
    const back = (gradient: Tensor) => unbroadcast(gradient, mean.shape);
    return {
      x: () => tf.mul(scaled, inverse),
      mean: () => back(tf.neg(tf.mul(scaled, inverse))),
      variance: () => back(tf.mul(tf.mul(scaled, centered), tf.mul(tf.pow(inverse, 3), -0.5))),
      scale: () => back(tf.mul(dy, tf.mul(centered, inverse))),
      offset: () => back(dy),
    };
  });
}
