import * as tf from '@tensorflow/tfjs-core';
import { isTracing } from '../recorder.js';
import { oneHot } from './one-hot.js';

/**
 * Rows of a table by index. The gradient of a row is the sum over all its uses.
 *
 * @param table `[rows, width]`
 * @param ids `[n]`, int32; not differentiated
 * @returns `[n, width]`
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  const rows = table.shape[0];
  const op = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([ids]);
    const gradFunc = (dy: tf.Tensor, [used]: tf.Tensor[]) =>
      // Segment sums of the backends take one pass over all data per row; a product takes one in all.
      isTracing()
        ? tf.unsortedSegmentSum(dy, used as tf.Tensor1D, rows)
        : tf.matMul(oneHot(used as tf.Tensor1D, rows), dy, true, false);
    return { value: tf.gather(input as tf.Tensor2D, ids), gradFunc };
  });
  return op(table);
}
