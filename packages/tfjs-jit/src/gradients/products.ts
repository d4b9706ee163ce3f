import * as tf from '@tensorflow/tfjs-core';
import { register, registerFlat, type Tensor, unbroadcast } from './register.js';

/** Registers gradients of matrix products and of reading and writing by index. */
export function registerProducts(): void {
  register(tf.BatchMatMul, { inputs: ['a', 'b'] }, (dy, [a, b], { transposeA, transposeB }) => ({
    a: () =>
      unbroadcast(transposeA ? tf.matMul(b!, dy, !!transposeB, true) : tf.matMul(dy, b!, false, !transposeB), a!.shape),
    b: () =>
      unbroadcast(transposeB ? tf.matMul(dy, a!, true, !!transposeA) : tf.matMul(a!, dy, !transposeA, false), b!.shape),
  }));
  register(tf.GatherV2, { inputs: ['x', 'indices'] }, (dy, [x, indices], { axis, batchDims }) => ({
    x: () => gatherGradient(dy, x!, indices!, axis as number, (batchDims as number) ?? 0),
    indices: () => tf.zeros(indices!.shape),
  }));
  registerFlat(tf.OneHot, 'indices');
  register(tf.UnsortedSegmentSum, { inputs: ['segmentIds'] }, (dy, [segmentIds]) => ({
    x: () => {
      const ids = segmentIds!;
      const rows = tf.gather(dy, tf.maximum<tf.Tensor1D>(ids, tf.zerosLike(ids)));
      const known = tf.reshape(tf.greaterEqual(ids, tf.scalar(0, 'int32')), [
        ...ids.shape,
        ...rows.shape.slice(1).map(() => 1),
      ]);
      return tf.where(known, rows, tf.zerosLike(rows));
    },
  }));
}

/** Sums the gradients of all uses of an entry. Entries of different batches have different indices. */
function gatherGradient(dy: Tensor, x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const [along] = tf.util.parseAxisParam(axis, x.shape) as [number];
  const { batchSize, outerSize, dimSize, sliceSize } = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x,
    indices,
    along,
    batchDims,
  );
  if (batchSize === 1 && outerSize === 1) {
    const rows = tf.reshape(dy, [indices.size, ...x.shape.slice(along + 1)]);
    const sums = tf.unsortedSegmentSum(rows, tf.reshape(indices, [indices.size]), dimSize);
    return tf.reshape(sums, x.shape);
  }
  const moved = tf.transpose(tf.reshape(dy, [batchSize, outerSize, -1, sliceSize]), [0, 2, 1, 3]);
  const first = tf.reshape(tf.mul(tf.range(0, batchSize, 1, 'int32'), tf.scalar(dimSize, 'int32')), [batchSize, 1]);
  const numbers = tf.reshape<tf.Rank.R1>(tf.add(tf.reshape(indices, [batchSize, -1]), first), [-1]);
  const rows = tf.reshape(moved, [indices.size, outerSize * sliceSize]);
  const sums = tf.unsortedSegmentSum(rows, numbers, batchSize * dimSize);
  return tf.reshape(tf.transpose(tf.reshape(sums, [batchSize, dimSize, outerSize, sliceSize]), [0, 2, 1, 3]), x.shape);
}
