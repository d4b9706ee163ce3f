import * as tf from '@tensorflow/tfjs-core';
import { jit } from '../src/index.js';

// The loss of a linear model and its gradient in the weights.
const step = await jit((x, y, w) => {
  const loss = (own: tf.Tensor) => tf.mean(tf.squaredDifference(tf.matMul(x, own), y));
  const { value, grad } = tf.valueAndGrad(loss)(w);
  return [value, grad];
}).compile(
  { dtype: 'float32', shape: [4, 2] },
  { dtype: 'float32', shape: [4, 1] },
  { dtype: 'float32', shape: [2, 1] },
);

const x = Float32Array.of(1, 0, 0, 1, 1, 1, 2, 1);
const y = Float32Array.of(3, -1, 2, 5);
const w = new Float32Array(2);
const results = step.allocate();
for (let i = 0; i < 200; i++) {
  const [, gradient] = await step.run([x, y, w], results);
  for (let j = 0; j < w.length; j++) w[j]! -= 0.2 * gradient![j]!;
}
console.log(w); // near 3 and -1
await step.dispose();
