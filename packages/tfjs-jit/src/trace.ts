import * as tf from '@tensorflow/tfjs-core';
import { callSite, STACK_DEPTH } from './call-site.js';
import type { Graph } from './graph.js';
import { optimize } from './optimize.js';
import { BACKEND, Recorder } from './recorder.js';
import { registerKernels } from './register-kernels.js';
import type { ArraySpec } from './session.js';

/** A function that can be traced: it does not read or branch on elements of tensors, and is not asynchronous. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/**
 * Calls `fn` once with placeholders of the given shapes and records what it computes. Restores the current backend and
 * leaks no tensors.
 *
 * @throws if `fn` uses an operation that is not covered (the message names it, its inputs and its caller), reads
 * elements, uses a tensor that was made outside of it, or returns anything but tensors.
 */
export function trace(fn: TensorFunction, inputs: readonly ArraySpec[]): Graph {
  return optimize(record(fn, inputs));
}

/** The recorded graph before optimization. Throws like `trace`. */
export function record(fn: TensorFunction, inputs: readonly ArraySpec[]): Graph {
  inputs.forEach(checkSpec);
  registerKernels();
  const recorder = new Recorder();
  const before = tf.getBackend() as string | undefined;
  if (before === BACKEND) throw new Error('tfjs-jit: a traced function cannot trace another');
  tf.registerBackend(BACKEND, () => recorder, 0);
  const variables = tf.engine().registeredVariables;
  const known = new Set(Object.keys(variables));
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_DEPTH;
  // The factory is synchronous, so the backend is set before the promise settles.
  void tf.setBackend(BACKEND);
  try {
    tf.tidy(() => {
      const tensors = inputs.map(({ dtype, shape }) =>
        tf.engine().makeTensorFromTensorInfo(recorder.infoOf(recorder.graph.input(dtype, shape)), recorder),
      );
      recorder.graph.outputs = outputsOf(fn(...tensors)).map((tensor) => recorder.lookup(tensor));
      const name = Object.keys(variables).find((own) => !known.has(own));
      if (name !== undefined) {
        throw new Error(
          `tfjs-jit: the function makes the variable ${name}; make it outside and pass it as an argument`,
        );
      }
    });
  } catch (error) {
    throw explained(error);
  } finally {
    Error.stackTraceLimit = depth;
    for (const [name, variable] of Object.entries(variables)) if (!known.has(name)) variable.dispose();
    if (before) void tf.setBackend(before);
    tf.removeBackend(BACKEND);
  }
  return recorder.graph;
}

function checkSpec(spec: Partial<ArraySpec> | undefined, index: number): void {
  const { dtype, shape } = spec ?? {};
  const sizes = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
  if (sizes && ['float32', 'int32', 'bool'].includes(dtype!)) return;
  throw new Error(
    `tfjs-jit: input ${index} must have a dtype (float32, int32 or bool) and a shape of integers from 0 on, ` +
      `not ${JSON.stringify({ dtype, shape })}`,
  );
}

/** The returned tensors as a list. Throws for anything but tensors. */
function outputsOf(result: unknown): readonly tf.Tensor[] {
  const outputs: readonly unknown[] = Array.isArray(result) ? result : [result];
  if (outputs.length === 0) throw new Error('tfjs-jit: the function returns no tensors');
  outputs.forEach((output, index) => {
    if (output instanceof tf.Tensor) {
      if (!output.isDisposed) return;
      throw new Error(`tfjs-jit: the function returns a tensor that has been disposed of, at place ${index}`);
    }
    // The promise is not used; its rejection must not end the process.
    if (output instanceof Promise) output.catch(() => undefined);
    const at = Array.isArray(result) ? ` at place ${index}` : '';
    const what =
      output instanceof Promise
        ? 'a promise: a traced function cannot be asynchronous'
        : Array.isArray(output)
          ? 'a list in a list'
          : output === null
            ? 'null'
            : typeof output;
    throw new Error(`tfjs-jit: the function must return a tensor or a flat list of tensors; it returned ${what}${at}`);
  });
  return outputs as readonly tf.Tensor[];
}

/** Adds the call site in the traced function to errors of this package. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // For kernels unknown to TensorFlow.js: its message has advice that does not apply here.
  const unknown = /Kernel '([^']+)' not registered/.exec(error.message)?.[1];
  const message = unknown ? `tfjs-jit: kernel ${unknown} is not covered` : error.message;
  if (!message.startsWith('tfjs-jit:')) return error;
  const { called, caller } = callSite(error.stack ?? '');
  const place = [called && `from ${called}`, caller && `called at ${caller}`].filter(Boolean);
  return new Error([message, ...place].join(', '), { cause: error });
}
