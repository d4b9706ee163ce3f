import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from './graph.js';
import { registerKernels } from './kernels/index.js';
import { optimize } from './optimize.js';
import { BACKEND, Recorder } from './recorder.js';
import type { ArraySpec } from './session.js';

/** A function of tensors that can be traced: no reading of elements, no branch on them, no asynchronous work. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/**
 * Calls `fn` once with stand-ins of the given shapes and records what it computes. The backend that was chosen before
 * is chosen again afterwards, and no tensor is left behind.
 *
 * @throws when `fn` uses an operation that is not covered (the message names it), reads elements, or uses a tensor
 * that was made outside of it.
 */
export function trace(fn: TensorFunction, inputs: readonly ArraySpec[]): Graph {
  registerKernels();
  const recorder = new Recorder();
  const before = tf.getBackend() as string | undefined;
  if (before === BACKEND) throw new Error('tfjs-jit: a traced function cannot trace another');
  tf.registerBackend(BACKEND, () => recorder, 0);
  // The factory is synchronous, so the backend is in place before the promise is.
  void tf.setBackend(BACKEND);
  try {
    tf.tidy(() => {
      const tensors = inputs.map(({ dtype, shape }) =>
        tf.engine().makeTensorFromTensorInfo(recorder.infoOf(recorder.graph.input(dtype, shape)), recorder),
      );
      const result = fn(...tensors);
      const outputs = Array.isArray(result) ? result : [result];
      recorder.graph.outputs = outputs.map((tensor) => recorder.lookup(tensor));
    });
  } catch (error) {
    throw explained(error);
  } finally {
    if (before) void tf.setBackend(before);
    tf.removeBackend(BACKEND);
  }
  return optimize(recorder.graph);
}

/** TensorFlow.js reports a missing kernel with advice that does not apply here. */
function explained(error: unknown): unknown {
  const name = error instanceof Error && /Kernel '([^']+)' not registered/.exec(error.message)?.[1];
  if (!name) return error;
  return new Error(`tfjs-jit: the operation ${name} is not covered`, { cause: error });
}
