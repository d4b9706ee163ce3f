import * as tf from '@tensorflow/tfjs-core';
import type { TensorFunction } from '../../src/index.js';
import { numbers } from '../numbers.js';
import type { Sample } from './case.js';

/** The sample's results, and with `slopes` the gradients of their weighted sum in all float arguments. */
export function everything({ fn, args }: Sample, slopes: boolean): TensorFunction {
  return (...inputs) => {
    const results = [fn(...inputs)].flat();
    if (!slopes) return results;
    const floats = inputs.filter((_, index) => args[index]!.dtype === 'float32');
    const loss = (...own: tf.Tensor[]) => {
      const queue = [...own];
      const outputs = [
        fn(...inputs.map((input, index) => (args[index]!.dtype === 'float32' ? queue.shift()! : input))),
      ];
      const weighted = outputs.flat().map((x) => tf.cast(x, 'float32'));
      const sums = weighted.map((x, i) => tf.sum(tf.mul(x, tf.tensor(numbers(x.size, i + 1), x.shape))));
      return tf.addN(sums) as tf.Scalar;
    };
    return [...results, ...tf.grads(loss)(floats)];
  };
}
