import * as tf from '@tensorflow/tfjs-core';

/**
 * `silu(gate) * up`, the inner activation of SwiGLU (Shazeer, 2020), where `silu(x) = x * sigmoid(x)`.
 * Its gradient is written out: automatic differentiation would take half as many passes again.
 */
export function swiGlu<T extends tf.Tensor>(gate: T, up: T): T {
  const op = tf.customGrad((own, other, save) => {
    const [g, u] = [own as tf.Tensor, other as tf.Tensor];
    const sigmoid = tf.sigmoid(g);
    const silu = tf.mul(g, sigmoid);
    (save as tf.GradSaveFunc)([u, sigmoid, silu]);
    return { value: tf.mul(silu, u), gradFunc: backward };
  });
  return op(gate, up) as T;
}

/** `silu'(x) = s + silu * (1 - s)` with `s = sigmoid(x)`. */
function backward(dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] {
  const [up, sigmoid, silu] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const slope = tf.add(sigmoid, tf.mul(silu, tf.sub(1, sigmoid)));
  return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)];
}
