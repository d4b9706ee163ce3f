import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from './graph.js';
import { modelOf } from './onnx.js';
import { type ArraySpec, type Model, Session, type SessionOptions } from './session.js';
import { type TensorFunction, trace } from './trace.js';

/** Elements of an input or output, in host memory. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/**
 * Traces `fn` for inputs of these types and shapes into a model that a `Session` can run, in any thread. Equal
 * functions and shapes give equal bytes.
 */
export function traceModel(fn: TensorFunction, inputs: readonly ArraySpec[]): Model {
  return modelOf(trace(fn, inputs));
}

/** A function compiled for fixed input shapes. */
export class Compiled {
  readonly #session: Session;
  readonly #model: Model;

  private constructor(model: Model, session: Session) {
    this.#model = model;
    this.#session = session;
  }

  /** Traces and compiles `fn` for inputs of these types and shapes. */
  static async create(fn: TensorFunction, inputs: readonly ArraySpec[], options?: SessionOptions): Promise<Compiled> {
    const model = traceModel(fn, inputs);
    return new Compiled(model, await Session.create(model, options));
  }

  /** Types and shapes of the results. */
  get outputs(): readonly ArraySpec[] {
    return this.#model.outputs;
  }

  /** Allocates arrays for the results. */
  allocate(): HostArray[] {
    return this.outputs.map(({ dtype, shape }) => {
      const size = sizeOf(shape);
      if (dtype === 'float32') return new Float32Array(size);
      return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
    });
  }

  /**
   * Runs the function. Arrays are used in place, without copies: results are written into `results`, which is returned
   * and can be reused. Do not change arrays before the promise settles. The call blocks this thread.
   */
  async run(
    inputs: readonly HostArray[],
    results: readonly HostArray[] = this.allocate(),
  ): Promise<readonly HostArray[]> {
    await this.#session.run(inputs, results);
    return results;
  }

  /** The graph in ONNX's binary format, for viewers and other runtimes. */
  toOnnx(): Uint8Array {
    return this.#model.bytes;
  }

  /** Frees the session. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** A traced function, called like the original but asynchronous. */
export interface Jitted {
  /** Runs on tensors of any backend. Results are tensors of the current backend; the caller disposes of them. */
  (...inputs: tf.Tensor[]): Promise<tf.Tensor[]>;
  /** Compiles for fixed input shapes, to run on arrays without copies. The caller disposes of the result. */
  compile(...inputs: ArraySpec[]): Promise<Compiled>;
  /** Frees everything compiled by calls. */
  dispose(): Promise<void>;
}

/**
 * Compiles a TensorFlow.js function with ONNX Runtime. `fn` is traced once for every combination of input shapes and
 * types, and may differentiate (`tf.grads`, `tf.valueAndGrads`): the backward pass becomes part of the graph.
 *
 * The same inputs give the same bits on every call, with any number of threads up to 32.
 *
 * @param fn takes tensors and returns a tensor or a list of them. It is called only for tracing: side effects happen
 * once per trace, and it cannot read elements of tensors.
 */
export function jit(fn: TensorFunction, options: SessionOptions = {}): Jitted {
  const cache = new Map<string, Promise<Compiled>>();
  const call = async (...inputs: tf.Tensor[]): Promise<tf.Tensor[]> => {
    const specs = inputs.map(({ dtype, shape }): ArraySpec => ({ dtype: dtype as ArraySpec['dtype'], shape }));
    const key = JSON.stringify(specs);
    let compiled = cache.get(key);
    if (compiled === undefined) {
      compiled = Compiled.create(fn, specs, options);
      cache.set(key, compiled);
      compiled.catch(() => cache.delete(key));
    }
    const { outputs } = await compiled;
    const arrays = await Promise.all(inputs.map((tensor) => tensor.data()));
    const results = await (await compiled).run(arrays);
    return results.map((array, index) => tf.tensor(array, [...outputs[index]!.shape], outputs[index]!.dtype));
  };
  return Object.assign(call, {
    compile: (...inputs: ArraySpec[]) => Compiled.create(fn, inputs, options),
    dispose: async () => {
      for (const compiled of cache.values()) await (await compiled).dispose();
      cache.clear();
    },
  });
}
