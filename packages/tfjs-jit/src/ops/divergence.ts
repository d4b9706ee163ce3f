import * as tf from '@tensorflow/tfjs-core';
import { logSoftmax } from './cross-entropy.js';

/**
 * Kullback-Leibler divergence of each row, in nats: KL(teacher || student) of the distributions
 * `softmax(x / temperature)`.
 *
 * @param logits of the student, `[rows, classes]`
 * @param teacher logits of the teacher, `[rows, classes]`; not differentiated
 * @param temperature above 0
 * @returns `[rows]`
 */
export function divergence(logits: tf.Tensor2D, teacher: tf.Tensor2D, temperature: number): tf.Tensor1D {
  const soft = (x: tf.Tensor2D): tf.Tensor2D => logSoftmax(temperature === 1 ? x : tf.mul(x, 1 / temperature));
  const op = tf.customGrad((input, save) => {
    const [own, wanted] = [soft(input as tf.Tensor2D), soft(teacher)];
    (save as tf.GradSaveFunc)([own, wanted]);
    return {
      value: tf.sum(tf.mul(tf.exp(wanted), tf.sub(wanted, own)), 1),
      gradFunc: (dy: tf.Tensor, [p, q]: tf.Tensor[]) =>
        tf.mul(tf.sub(tf.exp(p!), tf.exp(q!)), tf.expandDims(tf.mul(dy, 1 / temperature), 1)),
    };
  });
  return op(logits) as tf.Tensor1D;
}
