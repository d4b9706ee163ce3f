import * as tf from '@tensorflow/tfjs-core';

export type Tensor = tf.Tensor;
export type Saved = readonly Tensor[];
type Attributes = Record<string, unknown>;

/** Sums `dy` over the axes along which a value of `shape` was broadcast. */
export function unbroadcast(dy: Tensor, shape: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

/** Gradients by the kernel's names of its inputs; `saved` are the inputs and outputs that the gradient requested. */
type Gradient = (dy: Tensor, saved: Saved, attributes: Attributes) => Record<string, () => Tensor>;

/** Registers the gradient of a kernel, if it has none yet. */
export function register(
  kernelName: string,
  keep: { inputs?: string[]; outputs?: boolean; allInputs?: boolean },
  gradient: Gradient,
): void {
  // TensorFlow.js's own gradients are kept if they are registered.
  if (tf.getGradient(kernelName) !== undefined) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: keep.inputs ?? [],
    outputsToSave: keep.outputs ? [true] : [],
    saveAllInputs: keep.allInputs ?? false,
    gradFunc: (dy, saved, attributes) => gradient(dy as Tensor, saved, attributes),
  });
}

/** Gradient of two broadcast inputs, as the factor of `dy` for each. */
export function registerBinary(kernelName: string, a: (dy: Tensor, saved: Saved) => Tensor, b: typeof a): void {
  register(kernelName, { inputs: ['a', 'b'] }, (dy, saved) => ({
    a: () => unbroadcast(a(dy, saved), saved[0]!.shape),
    b: () => unbroadcast(b(dy, saved), saved[1]!.shape),
  }));
}

/** Gradient of one input. It uses nothing, the input, or the output. */
export function registerUnary(
  kernelName: string,
  keep: 'input' | 'output' | 'nothing',
  slope: (x: Tensor) => Tensor,
): void {
  const saving = { nothing: {}, input: { inputs: ['x'] }, output: { outputs: true } }[keep];
  register(kernelName, saving, (dy, [x]) => ({ x: () => tf.mul(dy, slope(x ?? dy)) }));
}

/** A piecewise constant kernel: the gradient in all `inputs` is zero. All are saved. */
export function registerFlat(kernelName: string, ...inputs: string[]): void {
  register(kernelName, { inputs }, (_dy, saved) =>
    Object.fromEntries(inputs.map((name, index) => [name, () => tf.zeros(saved[index]!.shape)])),
  );
}

/** 1 where the condition is false, else 0. */
export const not = (condition: Tensor) => tf.cast(tf.logicalNot(condition), 'float32');
/** 1 where the condition is true, else 0. */
export const yes = (condition: Tensor) => tf.cast(condition, 'float32');
