import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Argument } from '../numbers.js';
import { anyShapes, axisOf, type Case, one, type Sample, shapes, tame, truth, whole } from './case.js';

type Of = (shape: readonly number[]) => fc.Arbitrary<Argument>;
const TYPES: readonly Of[] = [tame, whole, truth];

/** A random call with elements of every type, and its gradient. */
function moving(kernel: string, call: string, draw: (of: Of) => fc.Arbitrary<Sample>, note?: string): Case[] {
  const [first, ...others] = TYPES.map((of): Case => ({ kernel, call, values: draw(of) }));
  return [{ ...first!, slopes: draw(tame), ...(note ? { note } : {}) }, ...others];
}

/** One argument and a value that depends on its shape. */
const shaped =
  <T>(
    from: fc.Arbitrary<number[]>,
    more: (shape: number[]) => fc.Arbitrary<T>,
    fn: (x: tf.Tensor, more: T) => tf.Tensor | tf.Tensor[],
  ) =>
  (of: Of): fc.Arbitrary<Sample> =>
    from
      .chain((shape) => fc.tuple(of(shape), more(shape)))
      .map(([arg, extra]) => ({ fn: (x) => fn(x, extra), args: [arg] }));

const permutation = (rank: number) =>
  fc.shuffledSubarray([...new Array(rank).keys()], { minLength: rank, maxLength: rank });

const amounts = (rank: number, most: (axis: number) => number) =>
  fc.tuple(...[...new Array(rank).keys()].map((axis) => fc.tuple(fc.nat(most(axis)), fc.nat(most(axis)))));

/** Several arguments whose shapes differ in one axis. */
const joined = (of: Of): fc.Arbitrary<Sample> =>
  shapes(1, 4)
    .chain((shape) =>
      fc.tuple(fc.constant(shape), axisOf(shape.length), fc.array(fc.nat(3), { minLength: 1, maxLength: 4 })),
    )
    .chain(([shape, axis, sizes]) =>
      fc.tuple(fc.constant(axis), fc.tuple(...sizes.map((size) => of(shape.with(axis, size))))),
    )
    .map(([axis, args]) => ({ fn: (...all) => tf.concat(all, axis), args }));

/**
 * Bounds within an axis, in the direction of the step, each counted from either end. In the other direction the cpu
 * backend fails, where other backends return no elements.
 */
const bound = (size: number) =>
  fc
    .tuple(fc.nat(size - 1), fc.nat(size - 1), fc.constantFrom(1, 2, 3, -1, -2), fc.boolean(), fc.boolean())
    .map(([one, other, step, back, front]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const [begin, end] = step > 0 ? [low, high] : [high, low];
      return [back ? begin - size : begin, front ? end - size : end, step] as const;
    });

const strided = shaped(
  shapes(1, 4),
  (shape) => fc.tuple(fc.tuple(...shape.map(bound)), fc.nat(15), fc.nat(15), fc.nat(3)),
  (x, [bounds, beginMask, endMask, newAxis]) =>
    tf.stridedSlice(
      x,
      ...([bounds.map(([begin]) => begin), bounds.map(([, end]) => end), bounds.map(([, , step]) => step)] as const),
      ...([beginMask, endMask, 0, newAxis & 1] as const),
    ),
);

/** Block sizes of the axes after the batch. */
const blocks = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));

export const shape: Case[] = [
  ...moving(
    tf.BatchToSpaceND,
    'batchToSpaceND',
    shaped(
      fc
        .tuple(blocks, shapes(1, 1, 3), shapes(2, 2), shapes(0, 1))
        .map(([[a, b], [n], area, rest]) => [n! * a * b, ...area, ...rest]),
      ([batch]) =>
        fc.constantFrom(
          ...[
            [1, 1],
            [2, 1],
            [1, 3],
            [2, 3],
          ].filter(([a, b]) => batch! % (a! * b!) === 0),
        ),
      (x, block) =>
        tf.batchToSpaceND(x, block, [
          [0, Math.min(1, x.shape[1]! * block[0]! - 1)],
          [0, 0],
        ]),
    ),
  ),
  ...moving(tf.Concat, 'concat', joined),
  {
    kernel: tf.DepthToSpace,
    call: 'depthToSpace',
    values: fc
      .tuple(shapes(3, 3), fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 2 }))
      .chain(([area, block, depth]) => fc.tuple(tame([...area, block * block * depth]), fc.constant(block)))
      .map(([arg, block]) => ({ fn: (x) => tf.depthToSpace(x as tf.Tensor4D, block), args: [arg] })),
    note: 'NHWC only',
  },
  ...TYPES.slice(0, 2).map(
    (of): Case => ({ kernel: tf.Diag, call: 'diag', values: one(of, (x) => tf.diag(x), shapes(1, 3, 3)) }),
  ),
  ...moving(
    tf.ExpandDims,
    'expandDims',
    shaped(
      anyShapes(0, 4),
      (own) => axisOf(own.length + 1),
      (x, axis) => tf.expandDims(x, axis),
    ),
  ),
  {
    kernel: tf.Fill,
    call: 'fill',
    values: anyShapes()
      .chain((own) => tame(own))
      .map((arg) => ({
        fn: (x) => [
          tf.add(x, tf.fill([...arg.shape], 2.5)),
          tf.fill([...arg.shape], -3, 'int32'),
          tf.fill([...arg.shape], 1, 'bool'),
        ],
        args: [arg],
      })),
  },
  {
    kernel: tf.LinSpace,
    call: 'linspace',
    values: fc
      .tuple(tame([1]), fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .map(([arg, stop, num]) => ({ fn: (x) => tf.add(x, tf.linspace(-1.5, stop, num)), args: [arg] })),
  },
  ...moving(
    tf.MirrorPad,
    'mirrorPad',
    shaped(
      shapes(1, 4),
      (own) =>
        fc.tuple(
          fc.constantFrom('reflect' as const, 'symmetric' as const),
          amounts(own.length, (axis) => own[axis]! - 1),
        ),
      (x, [mode, paddings]) => tf.mirrorPad(x, paddings, mode),
    ),
    'the gradient counts the mirrored elements; that of TensorFlow.js leaves them out',
  ),
  ...[tame, whole].map(
    (of): Case => ({ kernel: tf.OnesLike, call: 'onesLike', values: one(of, (x) => tf.onesLike(x)) }),
  ),
  { kernel: tf.OnesLike, call: 'onesLike', slopes: one(tame, (x) => tf.mul(tf.onesLike(x), x)) },
  ...moving(tf.Pack, 'stack', (of) =>
    anyShapes(0, 4)
      .chain((own) => fc.tuple(axisOf(own.length + 1), fc.tuple(of(own), of(own), of(own))))
      .map(([axis, args]) => ({ fn: (...all) => tf.stack(all, axis), args })),
  ),
  ...moving(
    tf.PadV2,
    'pad',
    shaped(
      anyShapes(1, 4),
      (own) =>
        fc.tuple(
          amounts(own.length, () => 2),
          fc.constantFrom(0, 1),
        ),
      (x, [paddings, value]) => tf.pad(x, paddings, value),
    ),
  ),
  {
    kernel: tf.Range,
    call: 'range',
    values: fc
      .tuple(tame([1]), fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), fc.constantFrom(1, 2, 0.5))
      .map(([arg, start, stop, step]) => ({
        fn: (x) => [tf.add(x, tf.range(start, stop, start <= stop ? step : -step)), tf.range(start, stop, 1, 'int32')],
        args: [arg],
      })),
  },
  ...moving(
    tf.Reshape,
    'reshape',
    shaped(anyShapes(), rearranged, (x, own) => tf.reshape(x, own)),
  ),
  ...moving(
    tf.Reverse,
    'reverse',
    shaped(
      anyShapes(),
      (own) => fc.subarray([...own.keys()]),
      (x, axes) => tf.reverse(x, axes),
    ),
  ),
  ...moving(
    tf.Slice,
    'slice',
    shaped(
      anyShapes(1),
      (own) =>
        fc.tuple(
          ...own.map((size) =>
            fc.nat(size).chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: -1, max: size - begin }))),
          ),
        ),
      (x, bounds) =>
        tf.slice(
          x,
          bounds.map(([begin]) => begin),
          bounds.map(([, size]) => size),
        ),
    ),
  ),
  ...moving(
    tf.SpaceToBatchND,
    'spaceToBatchND',
    shaped(
      fc
        .tuple(shapes(1, 1), blocks, shapes(2, 2, 3), shapes(0, 1))
        .map(([batch, [a, b], [h, w], rest]) => [...batch, h! * a, w! * b, ...rest]),
      ([, height, width]) =>
        fc.constantFrom(
          ...[
            [1, 1],
            [2, 1],
            [1, 3],
            [2, 3],
          ].filter(([a, b]) => height! % a! === 0 && width! % b! === 0),
        ),
      (x, block) =>
        tf.spaceToBatchND(x, block, [
          [block[0]!, 0],
          [0, block[1]!],
        ]),
    ),
  ),
  ...moving(
    tf.SplitV,
    'split',
    shaped(
      shapes(1, 4),
      (own) => axisOf(own.length).chain((axis) => fc.tuple(fc.constant(axis), fc.nat(own.at(axis)!))),
      (x, [axis, first]) => [
        ...tf.split(x, [first, x.shape.at(axis)! - first], axis),
        ...tf.split(x, x.shape.at(axis)!, axis),
      ],
    ),
  ),
  ...TYPES.map((of): Case => ({ kernel: tf.StridedSlice, call: 'stridedSlice', values: strided(of) })),
  ...moving(
    tf.Tile,
    'tile',
    shaped(
      shapes(1, 4, 3),
      (own) => fc.tuple(...own.map(() => fc.integer({ min: 1, max: 3 }))),
      (x, reps) => tf.tile(x, reps),
    ),
  ),
  ...moving(
    tf.Tile,
    'broadcastTo',
    shaped(
      shapes(0, 3, 2),
      () => fc.tuple(shapes(0, 2), fc.integer({ min: 1, max: 3 })),
      (x, [more, wide]) => tf.broadcastTo(x, [...more, ...x.shape.map((size) => (size === 1 ? wide : size))]),
    ),
  ),
  ...moving(
    tf.Transpose,
    'transpose',
    shaped(
      anyShapes(),
      (own) => permutation(own.length),
      (x, perm) => tf.transpose(x, perm),
    ),
  ),
  ...moving(
    tf.Unpack,
    'unstack',
    shaped(
      anyShapes(1).filter((own) => own.every((size) => size > 0)),
      (own) => axisOf(own.length),
      (x, axis) => tf.unstack(x, axis),
    ),
  ),
  ...[tame, whole].map(
    (of): Case => ({ kernel: tf.ZerosLike, call: 'zerosLike', values: one(of, (x) => tf.zerosLike(x)) }),
  ),
  { kernel: tf.ZerosLike, call: 'zerosLike', slopes: one(tame, (x) => tf.add(tf.zerosLike(x), x)) },
];

/** Another shape with as many elements. */
function rearranged(own: number[]): fc.Arbitrary<number[]> {
  return permutation(own.length).map((perm) => [...perm.map((axis) => own[axis]!), 1]);
}
