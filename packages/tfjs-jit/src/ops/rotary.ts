import * as tf from '@tensorflow/tfjs-core';
import { int } from '../graph.js';
import { isTracing, kernel, runKernel } from '../recorder.js';

const KERNEL = 'tfjs-jit/Rotary';

/** Registers the fused rotation. */
export function registerRotary(): void {
  kernel(KERNEL, ({ graph, inputs: { x, cos, sin } }) =>
    graph.node(
      'RotaryEmbedding',
      // A single position id is the position of the first element.
      [x, graph.constant('int64', [1], BigInt64Array.of(0n)), cos, sin],
      { dtype: 'float32', shape: x!.shape },
      { interleaved: int(0) },
      'com.microsoft',
    ),
  );
}

function rotate(x: tf.Tensor4D, cos: tf.Tensor2D, sin: tf.Tensor2D): tf.Tensor4D {
  if (isTracing()) return runKernel<tf.Tensor4D>(KERNEL, { x, cos, sin });
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor4D, tf.Tensor4D];
  return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], -1);
}

/**
 * Rotary position embedding (Su et al., 2021), in halves as in Llama: elements i and `i + size / 2` of a head are
 * rotated by the angle of their position.
 *
 * @param x `[batch, heads, positions, size]`
 * @param cos cosines of the angles, `[positions, size / 2]`; not differentiated
 * @param sin sines of the angles, `[positions, size / 2]`; not differentiated
 */
export function rotary(x: tf.Tensor4D, cos: tf.Tensor2D, sin: tf.Tensor2D): tf.Tensor4D {
  const op = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([cos, sin]);
    return {
      value: rotate(input as tf.Tensor4D, cos, sin),
      // A rotation is orthogonal: its transpose is its inverse.
      gradFunc: (dy: tf.Tensor, [c, s]: tf.Tensor[]) =>
        rotate(dy as tf.Tensor4D, c as tf.Tensor2D, tf.neg(s as tf.Tensor2D)),
    };
  });
  return op(x);
}
