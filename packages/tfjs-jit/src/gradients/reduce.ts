import * as tf from '@tensorflow/tfjs-core';
import { register, registerFlat, type Tensor, yes } from './register.js';

/** `dy` of a reduction, with the reduced axes restored as axes of size 1. */
function withReducedAxes(dy: Tensor, x: Tensor, axis: unknown): Tensor {
  const axes = tf.util.parseAxisParam(axis as number[], x.shape);
  return tf.reshape(dy, tf.backend_util.expandShapeToKeepDim(without(x.shape, axes), axes));
}

const without = (shape: readonly number[], axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));

/** Registers gradients of reductions, running sums and softmax. */
export function registerReductions(): void {
  register(tf.Sum, { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => tf.mul(withReducedAxes(dy, x!, axis), tf.ones(x!.shape)),
  }));
  register(tf.Mean, { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const spread = withReducedAxes(dy, x!, axis);
      return tf.mul(tf.div(spread, x!.size / spread.size), tf.ones(x!.shape));
    },
  }));
  for (const [name, attribute] of [
    [tf.Max, 'reductionIndices'],
    [tf.Min, 'axis'],
  ] as const) {
    register(name, { inputs: ['x'], outputs: true }, (dy, [x, y], attributes) => ({
      // All tied elements receive the gradient.
      x: () => {
        const axis = attributes[attribute];
        return tf.mul(withReducedAxes(dy, x!, axis), yes(tf.equal(x!, withReducedAxes(y!, x!, axis))));
      },
    }));
  }
  register(tf.Softmax, { outputs: true }, (dy, [y], { dim }) => ({
    logits: () => {
      const scaled = tf.mul(dy, y!);
      return tf.sub(scaled, tf.mul(tf.sum(scaled, dim as number, true), y!));
    },
  }));
  register(tf.LogSoftmax, { outputs: true }, (dy, [y], { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.exp(y!))),
  }));
  registerFlat(tf.ArgMax, 'x');
  registerFlat(tf.ArgMin, 'x');
  register(tf.Prod, { inputs: ['x'] }, (dy, [x], { axis }) => ({ x: () => productGradient(dy, x!, axis) }));
  // TensorFlow.js's own gradient transposes the result if the axis is not the last one.
  register(tf.Cumsum, {}, (dy, _saved, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy, axis as number, exclusive as boolean, !reverse),
  }));
}

/** Product of all other elements: those before times those after, so that nothing is divided by zero. */
function productGradient(dy: Tensor, x: Tensor, axis: unknown): Tensor {
  const axes = tf.util.parseAxisParam(axis as number[], x.shape);
  const perm = [...x.shape.keys()].filter((own) => !axes.includes(own)).concat(axes);
  const moved = tf.transpose(x, perm);
  const flat = tf.reshape(moved, [-1, tf.util.sizeFromShape(axes.map((own) => x.shape[own]!))]);
  const others = tf.mul(tf.cumprod(flat, 1, true, false), tf.cumprod(flat, 1, true, true));
  const gradient = tf.reshape(tf.mul(others, tf.reshape(dy, [-1, 1])), moved.shape);
  return tf.transpose(gradient, tf.backend_util.getUndoAxesPermutation(perm));
}
