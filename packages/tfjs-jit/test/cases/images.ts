import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Case, type Sample, tame } from './case.js';

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

const small = (max: number) => fc.integer({ min: 1, max });

/** A batch of images that windows of size `[rows, columns]` with dilation 2 fit into. */
const windowed = fc
  .record({
    batch: small(2),
    height: fc.integer({ min: 5, max: 8 }),
    width: fc.integer({ min: 5, max: 8 }),
    channels: small(3),
    rows: small(3),
    columns: small(3),
    down: small(3),
    right: small(2),
    pad: fc.constantFrom<Padding>('same', 'valid', 1, [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 0],
    ]),
    dilated: fc.boolean(),
    out: small(4),
  })
  .map((draw) => ({ ...draw, image: [draw.batch, draw.height, draw.width, draw.channels] }));

const convolution = (differentiable: boolean, depthwise: boolean): fc.Arbitrary<Sample> =>
  windowed.chain(({ image, rows, columns, down, right, pad, dilated, channels, out }) => {
    const dilations: [number, number] = dilated && !differentiable ? [2, 2] : [1, 1];
    const strides: [number, number] = dilations[0] === 2 ? [1, 1] : depthwise ? [down, down] : [down, right];
    return fc.tuple(tame(image), tame([rows, columns, channels, out])).map(
      (args): Sample => ({
        fn: (x, filter) => {
          const [own, weights] = [x as tf.Tensor4D, filter as tf.Tensor4D];
          return depthwise
            ? tf.depthwiseConv2d(own, weights, strides, pad, 'NHWC', dilations)
            : tf.conv2d(own, weights, strides, pad, 'NHWC', dilations);
        },
        args,
      }),
    );
  });

/** Gradient of a convolution in its image, and the gradients of that gradient. */
const transposed: fc.Arbitrary<Sample> = windowed.chain(({ image, rows, columns, down, right, channels, out }) => {
  const [batch, height, width] = image as [number, number, number];
  const full: [number, number, number, number] = [
    batch,
    (height - 1) * down + rows,
    (width - 1) * right + columns,
    out,
  ];
  return fc.tuple(tame(image), tame([rows, columns, out, channels])).map(
    (args): Sample => ({
      fn: (x, filter) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, full, [down, right], 'valid'),
      args,
    }),
  );
});

const fused = (depthwise: boolean): fc.Arbitrary<Sample> =>
  windowed.chain(({ image, rows, columns, pad, channels, out }) =>
    fc
      .tuple(
        tame(image),
        tame([rows, columns, channels, out]),
        tame([depthwise ? channels * out : out]),
        fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const, 'elu' as const, 'sigmoid' as const),
      )
      .map(
        ([x, filter, bias, activation]): Sample => ({
          fn: (own, weights, offset) => {
            const config = {
              x: own as tf.Tensor4D,
              filter: weights as tf.Tensor4D,
              strides: 1,
              pad: typeof pad === 'object' ? 'same' : pad,
              bias: offset,
              activation,
            };
            return depthwise ? tf.fused.depthwiseConv2d(config) : tf.fused.conv2d(config);
          },
          args: [x, filter, bias],
        }),
      ),
  );

const pooled = (fn: typeof tf.maxPool): fc.Arbitrary<Sample> =>
  windowed.chain(({ image, rows, columns, down, right, pad }) =>
    tame(image).map(
      (arg): Sample => ({
        fn: (x) => fn(x as tf.Tensor4D, [rows, columns], [down, right], rows > 1 && columns > 1 ? pad : 'valid'),
        args: [arg],
      }),
    ),
  );

/** TensorFlow.js cannot differentiate without offset or scale. */
const normalized = (whole: fc.Arbitrary<boolean>): fc.Arbitrary<Sample> =>
  fc.tuple(windowed, whole, whole).chain(([{ image, channels }, offset, scale]) =>
    fc.tuple(tame(image), tame([channels]), tame([channels], 0.5, 1), tame([channels]), tame([channels], 0.5, 1)).map(
      ([x, mean, variance, beta, gamma]): Sample => ({
        fn: (own, center, spread, ...rest) => {
          const [by, factor] = [offset ? rest.shift() : undefined, scale ? rest.shift() : undefined];
          type Vector = tf.Tensor1D;
          return tf.batchNorm4d(
            ...([own as tf.Tensor4D, center as Vector, spread as Vector] as const),
            ...([by as Vector | undefined, factor as Vector | undefined, 0.01] as const),
          );
        },
        args: [x, mean, variance, ...(offset ? [beta] : []), ...(scale ? [gamma] : [])],
      }),
    ),
  );

const response: fc.Arbitrary<Sample> = fc.tuple(tame([2, 2, 3, 6]), fc.nat(4)).map(([arg, radius]) => ({
  fn: (x) => tf.localResponseNormalization(x as tf.Tensor4D, radius, 1.5, 0.8, 0.6),
  args: [arg],
}));

const resized = (fn: typeof tf.image.resizeBilinear, shape: number[], half: boolean): fc.Arbitrary<Sample> =>
  fc
    .tuple(tame(shape), small(9), small(9), fc.constantFrom('plain', 'corners', half ? 'half' : 'plain'))
    .map(([arg, tall, wide, mode]) => ({
      fn: (x) => fn(x as tf.Tensor4D, [tall, wide], mode === 'corners', mode === 'half'),
      args: [arg],
    }));

const gradientOf = (call: string) => ({ call: `grad(${call})` });

export const images: Case[] = [
  {
    kernel: tf.AvgPool,
    call: 'avgPool',
    values: pooled(tf.avgPool),
    slopes: pooled(tf.avgPool),
    note: 'the gradient at an edge divides by the whole window, as in TensorFlow.js',
  },
  { kernel: tf.AvgPoolGrad, ...gradientOf('avgPool'), slopes: pooled(tf.avgPool) },
  {
    kernel: tf.Conv2D,
    call: 'conv2d',
    values: convolution(false, false),
    slopes: convolution(true, false),
    note: 'NHWC only; as matrix products over all windows; no gradient with dilations, as in TensorFlow.js',
  },
  { kernel: tf.Conv2DBackpropFilter, ...gradientOf('conv2d'), slopes: convolution(true, false) },
  { kernel: tf.Conv2DBackpropInput, call: 'conv2dTranspose', values: transposed, slopes: transposed },
  {
    kernel: tf.DepthwiseConv2dNative,
    call: 'depthwiseConv2d',
    values: convolution(false, true),
    slopes: convolution(true, true),
    note: 'NHWC only; no gradient with dilations, as in TensorFlow.js',
  },
  {
    kernel: tf.DepthwiseConv2dNativeBackpropFilter,
    ...gradientOf('depthwiseConv2d'),
    slopes: convolution(true, true),
  },
  {
    kernel: tf.DepthwiseConv2dNativeBackpropInput,
    ...gradientOf('depthwiseConv2d'),
    slopes: convolution(true, true),
  },
  {
    kernel: tf.FlipLeftRight,
    call: 'image.flipLeftRight',
    values: windowed
      .chain(({ image }) => tame(image))
      .map((arg) => ({ fn: (x) => tf.image.flipLeftRight(x as tf.Tensor4D), args: [arg] })),
  },
  {
    kernel: tf.FusedBatchNorm,
    call: 'batchNorm',
    values: normalized(fc.boolean()),
    slopes: normalized(fc.constant(true)),
  },
  { kernel: tf.FusedConv2D, call: 'fused.conv2d', values: fused(false), slopes: fused(false) },
  { kernel: tf.FusedDepthwiseConv2D, call: 'fused.depthwiseConv2d', values: fused(true), slopes: fused(true) },
  { kernel: tf.LRN, call: 'localResponseNormalization', values: response, slopes: response },
  { kernel: tf.LRNGrad, ...gradientOf('localResponseNormalization'), slopes: response },
  {
    kernel: tf.MaxPool,
    call: 'maxPool',
    values: pooled(tf.maxPool),
    slopes: pooled(tf.maxPool),
    note: 'NaN in a window gives NaN',
  },
  { kernel: tf.MaxPoolGrad, ...gradientOf('maxPool'), slopes: pooled(tf.maxPool) },
  {
    kernel: tf.ResizeBilinear,
    call: 'image.resizeBilinear',
    values: resized(tf.image.resizeBilinear, [2, 4, 5, 3], true),
    slopes: resized(tf.image.resizeBilinear, [1, 3, 3, 2], false),
    note: 'as two matrix products: what is not finite reaches whole rows and columns',
  },
  {
    kernel: tf.ResizeBilinearGrad,
    ...gradientOf('image.resizeBilinear'),
    slopes: resized(tf.image.resizeBilinear, [2, 4, 4, 3], false),
    note: 'without halfPixelCenters',
  },
  {
    kernel: tf.ResizeNearestNeighbor,
    call: 'image.resizeNearestNeighbor',
    values: resized(tf.image.resizeNearestNeighbor, [2, 4, 5, 3], true),
    slopes: resized(tf.image.resizeNearestNeighbor, [1, 3, 5, 2], false),
  },
  {
    kernel: tf.ResizeNearestNeighborGrad,
    ...gradientOf('image.resizeNearestNeighbor'),
    slopes: resized(tf.image.resizeNearestNeighbor, [1, 4, 5, 3], false),
    note: 'without halfPixelCenters',
  },
];
