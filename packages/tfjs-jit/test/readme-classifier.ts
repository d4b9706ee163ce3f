import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { jit } from '../src/index.js';

// Is a point inside a circle?
const points = tf.randomUniform([512, 2], -1, 1, 'float32', 1);
const labels = tf.oneHot(tf.cast(tf.less(tf.sum(tf.square(points), 1), 0.5), 'int32'), 2);

const weights = [
  tf.variable(tf.randomNormal([2, 16], 0, 1, 'float32', 2), true, 'hidden'),
  tf.variable(tf.zeros([16]), true, 'bias'),
  tf.variable(tf.randomNormal([16, 2], 0, 0.3, 'float32', 3), true, 'output'),
];
const model = (x: tf.Tensor, [hidden, bias, output]: tf.Tensor[]) =>
  tf.matMul(tf.relu(tf.add(tf.matMul(x, hidden!), bias!)), output!);

// Loss and gradients, compiled at the first call. Variables are passed like every tensor.
const step = jit((x, y, ...variables) => {
  const loss = (...own: tf.Tensor[]) => tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(y, model(x, own));
  const { value, grads } = tf.valueAndGrads(loss)(variables);
  return [value, ...grads];
});
const classify = jit((x, ...variables) => tf.argMax(model(x, variables), 1));

const optimizer = tf.train.adam(0.03);
for (let i = 0; i < 100; i++) {
  const [loss, ...gradients] = await step(points, labels, ...weights);
  optimizer.applyGradients(weights.map(({ name }, index) => ({ name, tensor: gradients[index]! })));
  tf.dispose([loss!, ...gradients]);
}
const [classes] = await classify(points, ...weights);
const right = tf.mean(tf.cast(tf.equal(classes!, tf.argMax(labels, 1)), 'float32'));
console.log(right.dataSync()[0]); // more than 0.95
await step.dispose();
await classify.dispose();
