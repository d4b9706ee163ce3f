import * as tf from '@tensorflow/tfjs-core';
import { mirrored } from '../kernels/arrange.js';
import { register, type Tensor } from './register.js';

/** Gradients of kernels with several results are a list, unless there is only one. */
const listOf = (dy: Tensor) => [dy as Tensor | Tensor[]].flat();

/** Registers gradients of kernels that move elements. */
export function registerShapes(): void {
  register(tf.Reshape, { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }));
  register(tf.ExpandDims, { inputs: ['input'] }, (dy, [x]) => ({ input: () => tf.reshape(dy, x!.shape) }));
  register(tf.Transpose, {}, (dy, _saved, { perm }) => ({
    x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
  }));
  register(tf.Concat, { allInputs: true }, (dy, saved, { axis }) => {
    const [along] = tf.util.parseAxisParam(axis as number, saved[0]!.shape);
    const sizes = saved.map(({ shape }) => shape[along!]!);
    const parts = tf.split(dy, sizes, along);
    return Object.fromEntries(parts.map((part, index) => [index, () => part]));
  });
  register(tf.SplitV, {}, (dy, _saved, { axis }) => ({
    x: () => tf.concat(listOf(dy), axis as number),
  }));
  register(tf.Slice, { inputs: ['x'] }, (dy, [x], { begin, size }) => ({
    x: () => {
      const [starts] = tf.slice_util.parseSliceParams(x!, begin as number[], size as number[]);
      return tf.pad(
        dy,
        starts!.map((start, axis) => [start, x!.shape[axis]! - start - dy.shape[axis]!]),
      );
    },
  }));
  register(tf.PadV2, { inputs: ['x'] }, (dy, [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        (paddings as [number, number][]).map(([before]) => before),
        x!.shape,
      ),
  }));
  register(tf.Tile, { inputs: ['x'] }, (dy, [x], { reps }) => ({
    x: () => {
      const split = x!.shape.flatMap((size, axis) => [(reps as number[])[axis]!, size]);
      const repeated = x!.shape.map((_, axis) => 2 * axis);
      return tf.sum(tf.reshape(dy, split), repeated);
    },
  }));
  register(tf.Pack, { allInputs: true }, (dy, _saved, { axis }) => {
    const parts = tf.unstack(dy, axis as number);
    return Object.fromEntries(parts.map((part, index) => [index, () => part]));
  });
  register(tf.Unpack, {}, (dy, _saved, { axis }) => ({
    value: () => tf.stack(listOf(dy), axis as number),
  }));
  register(tf.Reverse, {}, (dy, _saved, { dims }) => ({ x: () => tf.reverse(dy, dims as number[]) }));
  register(tf.SpaceToBatchND, {}, (dy, _saved, { blockShape, paddings }) => ({
    x: () => tf.batchToSpaceND(dy, blockShape as number[], paddings as number[][]),
  }));
  register(tf.BatchToSpaceND, {}, (dy, _saved, { blockShape, crops }) => ({
    x: () => tf.spaceToBatchND(dy, blockShape as number[], crops as number[][]),
  }));
  // TensorFlow.js's own gradient omits the contribution of mirrored elements.
  register(tf.MirrorPad, { inputs: ['x'] }, (dy, [x], { paddings, mode }) => ({
    x: () =>
      (paddings as [number, number][]).reduce((sum, amounts, axis) => {
        const size = x!.shape[axis]!;
        const from = tf.tensor1d(mirrored(size, amounts, mode as 'reflect' | 'symmetric'), 'int32');
        return sumAlong(sum, from, axis, size);
      }, dy),
  }));
}

/** Sums the entries of an axis that have the same index, for `size` indices. */
function sumAlong(x: Tensor, numbers: tf.Tensor1D, axis: number, size: number): Tensor {
  const perm = [axis, ...[...x.shape.keys()].filter((own) => own !== axis)];
  const sums = tf.unsortedSegmentSum(tf.transpose(x, perm), numbers, size);
  return tf.transpose(sums, tf.backend_util.getUndoAxesPermutation(perm));
}
