import * as tf from '@tensorflow/tfjs-core';

/**
 * Rows of zeros with a one at the index, as float32. Converted from integers, because for float32 the wasm backend of
 * TensorFlow.js 4.22 writes the bits of integers.
 */
export function oneHot(ids: tf.Tensor1D, depth: number): tf.Tensor2D {
  return tf.cast(tf.oneHot(ids, depth), 'float32') as tf.Tensor2D;
}
