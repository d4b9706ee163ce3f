import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Argument } from '../numbers.js';
import { axisOf, type Case, one, type Sample, shapes, tame, truth, whole } from './case.js';

type Of = (shape: readonly number[]) => fc.Arbitrary<Argument>;

/** Any axis of any shape, with indices of any shape. */
const gather = (of: Of): fc.Arbitrary<Sample> =>
  fc
    .tuple(shapes(1, 4), shapes(0, 2))
    .chain(([shape, picks]) =>
      axisOf(shape.length).chain((axis) =>
        fc.tuple(fc.constant(axis), fc.tuple(of(shape), whole(picks, 0, shape.at(axis)! - 1))),
      ),
    )
    .map(([axis, args]) => ({ fn: (x, at) => tf.gather(x, at, axis), args }));

/** Separate indices for each entry of the first axis. */
const gatherBatched = (of: Of): fc.Arbitrary<Sample> =>
  fc
    .tuple(shapes(2, 4), fc.integer({ min: 1, max: 3 }))
    .chain(([shape, n]) =>
      fc
        .integer({ min: 1, max: shape.length - 1 })
        .chain((axis) => fc.tuple(fc.constant(axis), fc.tuple(of(shape), whole([shape[0]!, n], 0, shape[axis]! - 1)))),
    )
    .map(([axis, args]) => ({ fn: (x, at) => tf.gather(x, at, axis, 1), args }));

/** Coordinates of entries of a shape, with possible repetitions, and the number of axes that they index. */
const coordinates = (shape: readonly number[], picks: readonly number[], depth: number) =>
  whole([...picks, depth], 0, Math.min(...shape.slice(0, depth)) - 1);

const scattered = (of: Of, fn: (shape: number[]) => Sample['fn'], target: boolean): fc.Arbitrary<Sample> =>
  fc.tuple(shapes(1, 3), fc.integer({ min: 1, max: 6 }), fc.nat(2)).chain(([shape, n, at]) => {
    const depth = 1 + (at % shape.length);
    return fc
      .tuple(of(shape), coordinates(shape, [n], depth), of([n, ...shape.slice(depth)]))
      .map((args): Sample => ({ fn: fn(shape), args: target ? args : args.slice(1) }));
  });

const segments = (of: Of): fc.Arbitrary<Sample> =>
  fc
    .tuple(shapes(1, 3), fc.integer({ min: 1, max: 5 }))
    .chain(([shape, count]) => fc.tuple(fc.constant(count), fc.tuple(of(shape), whole([shape[0]!], 0, count))))
    .map(([count, args]) => ({ fn: (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, count), args }));

export const indexing: Case[] = [
  ...[tame, whole, truth].flatMap((of): Case[] => [
    { kernel: tf.GatherV2, call: 'gather', values: gather(of), note: 'indices must lie inside' },
    { kernel: tf.GatherV2, call: 'gather', values: gatherBatched(of) },
    {
      kernel: tf.GatherNd,
      call: 'gatherND',
      values: fc
        .tuple(shapes(1, 4), shapes(0, 2), fc.nat(3))
        .chain(([shape, picks, at]) => fc.tuple(of(shape), coordinates(shape, picks, 1 + (at % shape.length))))
        .map((args) => ({ fn: (x, at) => tf.gatherND(x, at), args })),
      note: 'indices must lie inside',
    },
  ]),
  { kernel: tf.GatherV2, call: 'gather', slopes: gather(tame) },
  { kernel: tf.GatherV2, call: 'gather', slopes: gatherBatched(tame) },
  {
    kernel: tf.OneHot,
    call: 'oneHot',
    values: shapes(0, 3)
      .chain((shape) => whole(shape, -2, 6))
      .map((arg) => ({
        fn: (x) => [tf.oneHot(x, 5), tf.oneHot(x, 4, 2.5, -1, 'float32'), tf.oneHot(x, 3, 1, 0, 'bool')],
        args: [arg],
      })),
    slopes: one(
      (shape) => tame(shape, 5),
      (x) => tf.oneHot(tf.cast(x, 'int32'), 4),
      shapes(0, 3),
    ),
  },
  ...[tame, whole].flatMap((of): Case[] => [
    {
      kernel: tf.ScatterNd,
      call: 'scatterND',
      values: scattered(of, (shape) => (at, updates) => tf.scatterND(at, updates, shape), false),
      note: 'one element after the other; entries that are named twice are added up',
    },
    {
      kernel: tf.TensorScatterUpdate,
      call: 'tensorScatterUpdate',
      values: scattered(of, () => (x, at, updates) => tf.tensorScatterUpdate(x, at, updates), true),
      note: 'one element after the other; the last of two updates of an entry counts',
    },
    {
      kernel: tf.SearchSorted,
      call: 'searchSorted',
      values: shapes(1, 2)
        .chain((shape) =>
          fc.tuple(
            of([...shape.slice(1), 7]),
            of([...shape.slice(1), 4]),
            fc.constantFrom('left' as const, 'right' as const),
          ),
        )
        .map(([row, values, side]) => ({
          fn: (x, y) => tf.searchSorted(x, y, side),
          args: [{ ...row, data: sorted(row) }, values],
        })),
    },
    {
      kernel: tf.TopK,
      call: 'topk',
      values: shapes(1, 3, 6)
        .chain((shape) => fc.tuple(of(shape), fc.integer({ min: 1, max: shape.at(-1)! })))
        .map(([arg, k]) => ({
          fn: (x) => {
            const { values, indices } = tf.topk(x, k);
            return [values, indices];
          },
          args: [arg],
        })),
      note: 'always sorted',
    },
  ]),
  {
    kernel: tf.UnsortedSegmentSum,
    call: 'unsortedSegmentSum',
    values: segments(tame),
    slopes: fc
      .tuple(shapes(1, 3), fc.integer({ min: 1, max: 5 }))
      .chain(([shape, count]) => fc.tuple(fc.constant(count), fc.tuple(tame(shape), whole([shape[0]!], 0, count - 1))))
      .map(([count, args]) => ({ fn: (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, count), args })),
    note: 'for up to 1024 segments as a product with one-hot rows: what is not finite reaches all segments',
  },
  {
    kernel: tf.UnsortedSegmentSum,
    call: 'unsortedSegmentSum',
    values: one(
      (shape) => tame(shape),
      (x) => tf.unsortedSegmentSum(x, tf.tensor1d([7, 2000, 7], 'int32'), 2001),
      fc.constant([3, 2]),
    ),
  },
];

/** Elements of an argument, with every row sorted. */
function sorted({ data, shape }: Argument): Argument['data'] {
  const width = shape.at(-1)!;
  const rows = data.slice();
  for (let from = 0; from < rows.length; from += width) rows.subarray(from, from + width).sort();
  return rows;
}
