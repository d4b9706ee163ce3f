import { type ModelSpec, parameterTable } from '@branchline/model';
import { type ArraySpec, crossEntropy, divergence } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { logits, namedWeights, type Program, parameterInputs } from './decoder.js';

/** The model that a program distils from. */
export interface Teaching {
  /** With the context and the vocabulary of the student. */
  readonly teacher: ModelSpec;
  readonly temperature: number;
}

/**
 * Like the program `train`, for two losses of a token: its negative log-likelihood and its divergence from the teacher.
 * From tokens, targets, a factor per token for each of the two losses, the parameters of the teacher, and those of the
 * student, to the negative log-likelihood of each token and the gradient of the sum of factors times losses in each
 * parameter of the student.
 */
export function distilProgram(spec: ModelSpec, sequences: number, { teacher, temperature }: Teaching): Program {
  const tokens: ArraySpec = { dtype: 'int32', shape: [sequences * spec.context] };
  const factors: ArraySpec = { dtype: 'float32', shape: tokens.shape };
  const count = parameterTable(teacher).length;
  return {
    inputs: [tokens, tokens, factors, factors, ...parameterInputs(teacher), ...parameterInputs(spec)],
    fn: (ids, targets, plain, distilled, ...values) => {
      const wanted = logits(teacher, namedWeights(teacher, values.slice(0, count)), ids as tf.Tensor1D);
      const losses = (...own: tf.Tensor[]): tf.Tensor => {
        const found = logits(spec, namedWeights(spec, own), ids as tf.Tensor1D);
        return tf.concat([crossEntropy(found, targets as tf.Tensor1D), divergence(found, wanted, temperature)]);
      };
      const factor = tf.concat([plain as tf.Tensor1D, distilled as tf.Tensor1D]);
      const { value, grads } = tf.valueAndGrads(losses)(values.slice(count), factor);
      return [tf.slice(value as tf.Tensor1D, [0], [ids.size]), ...grads];
    },
  };
}
