import * as tf from '@tensorflow/tfjs-core';
import { int, string } from '../graph.js';
import { unary } from '../kernels/elementwise.js';
import { reshape } from '../kernels/shape.js';
import { isTracing, kernel, runKernel } from '../recorder.js';
import { oneHot } from './one-hot.js';

const PICK = 'tfjs-jit/PickColumn';
const ADD = 'tfjs-jit/SubtractAtColumn';

/** Registers the kernels that read and change one element of each row. */
export function registerCrossEntropy(): void {
  kernel(PICK, ({ graph, inputs: { x, columns } }) => {
    const rows = x!.shape[0]!;
    const at = reshape(graph, columns!, [rows, 1]);
    const picked = graph.node('GatherElements', [x, at], { dtype: 'float32', shape: [rows, 1] }, { axis: int(1) });
    return reshape(graph, picked, [rows]);
  });
  kernel(ADD, ({ graph, inputs: { x, columns, amounts } }) => {
    const rows = x!.shape[0]!;
    const at = reshape(graph, columns!, [rows, 1]);
    const negative = unary(graph, 'Neg', reshape(graph, amounts!, [rows, 1]));
    const attributes = { axis: int(1), reduction: string('add') };
    return graph.node('ScatterElements', [x, at, negative], x!, attributes);
  });
}

/** Log-softmax as one operator while tracing; `tf.logSoftmax` consists of six. */
export function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  return isTracing() ? runKernel<tf.Tensor2D>(tf.LogSoftmax, { logits }, { axis: -1 }) : tf.logSoftmax(logits);
}

/** `x[i, columns[i]]` */
function pick(x: tf.Tensor2D, columns: tf.Tensor1D): tf.Tensor1D {
  if (isTracing()) return runKernel<tf.Tensor1D>(PICK, { x, columns });
  return tf.sum(tf.mul(x, oneHot(columns, x.shape[1])), 1);
}

/** `x` with `amounts[i]` subtracted from `x[i, columns[i]]`. */
function subtractAt(x: tf.Tensor2D, columns: tf.Tensor1D, amounts: tf.Tensor1D): tf.Tensor2D {
  if (isTracing()) return runKernel<tf.Tensor2D>(ADD, { x, columns, amounts });
  const hot = oneHot(columns, x.shape[1]);
  return tf.sub(x, tf.mul(hot, tf.expandDims(amounts, 1)));
}

/**
 * Negative log-likelihood of each row's target, in nats: `logSumExp(logits[i]) - logits[i, targets[i]]`.
 *
 * @param logits `[rows, classes]`
 * @param targets `[rows]`, int32; not differentiated
 * @returns `[rows]`
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor1D {
  const op = tf.customGrad((input, save) => {
    const logProbabilities = logSoftmax(input as tf.Tensor2D);
    (save as tf.GradSaveFunc)([logProbabilities, targets]);
    return { value: tf.neg(pick(logProbabilities, targets)), gradFunc: backward };
  });
  return op(logits);
}

/** `dy * (probabilities - oneHot(targets))` */
function backward(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor2D {
  const [logProbabilities, targets] = saved as [tf.Tensor2D, tf.Tensor1D];
  const scaled = tf.mul<tf.Tensor2D>(tf.exp(logProbabilities), tf.expandDims(dy, 1));
  return subtractAt(scaled, targets, dy as tf.Tensor1D);
}
