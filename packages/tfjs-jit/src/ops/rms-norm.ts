import * as tf from '@tensorflow/tfjs-core';
import { float, int } from '../graph.js';
import { isTracing, kernel, runKernel } from '../recorder.js';

const KERNEL = 'tfjs-jit/RmsNorm';

/** Registers the fused forward pass, which also returns the inverse root mean square of each row. */
export function registerRmsNorm(): void {
  kernel<{ epsilon: number }>(KERNEL, ({ graph, inputs: { x, gain }, attrs: { epsilon } }) =>
    graph.nodeWithOutputs(
      'SimplifiedLayerNormalization',
      [x, gain],
      [
        { dtype: 'float32', shape: x!.shape },
        { dtype: 'float32', shape: [...x!.shape.slice(0, -1), 1] },
      ],
      { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) },
    ),
  );
}

function forward(x: tf.Tensor, gain: tf.Tensor, epsilon: number): [tf.Tensor, tf.Tensor] {
  if (isTracing()) return runKernel<[tf.Tensor, tf.Tensor]>(KERNEL, { x, gain }, { epsilon });
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return [tf.mul(tf.mul(x, inverse), gain), inverse];
}

/**
 * Root mean square norm over the last axis (Zhang and Sennrich, 2019): `gain * x / sqrt(mean(x^2) + epsilon)`.
 *
 * @param x `[..., width]`
 * @param gain `[width]`
 */
export function rmsNorm<T extends tf.Tensor>(x: T, gain: tf.Tensor1D, epsilon: number): T {
  const op = tf.customGrad((input, weight, save) => {
    const [own, scale] = [input as tf.Tensor, weight as tf.Tensor];
    const [value, inverse] = forward(own, scale, epsilon);
    (save as tf.GradSaveFunc)([own, scale, inverse]);
    return { value, gradFunc: backward };
  });
  return op(x, gain) as T;
}

/** With `n = x * inverse` and `g = dy * gain`: `dx = inverse * (g - n * mean(g * n))`, `dgain = sum(dy * n)`. */
function backward(dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] {
  const [x, gain, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const normal = tf.mul(x, inverse);
  const rows = normal.shape.slice(0, -1).map((_, axis) => axis);
  const inner = tf.mul(dy, gain);
  const along = tf.mean(tf.mul(inner, normal), -1, true);
  return [tf.mul(tf.sub(inner, tf.mul(normal, along)), inverse), tf.sum(tf.mul(dy, normal), rows)];
}
