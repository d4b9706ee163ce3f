import * as tf from '@tensorflow/tfjs-core';
import { dtypeOf, Graph, sizeOf, toElements, type Value } from './graph.js';

/** Name of the recording backend while a function is traced. */
export const BACKEND = 'tfjs-jit';

/**
 * A TensorFlow.js backend that records: its tensors represent values of a graph, and its kernels append nodes.
 * Automatic differentiation works as on every backend, so gradients are recorded too.
 */
export class Recorder extends tf.KernelBackend {
  readonly graph = new Graph();
  readonly #values = new Map<tf.DataId, Value>();
  /** Reference counts of shared data: a variable shares the data of its initial value. */
  readonly #shared = new Map<tf.DataId, number>();

  /** The graph value behind a tensor. */
  lookup(info: tf.TensorInfo): Value {
    const value = this.#values.get(info.dataId);
    if (value === undefined) {
      throw new Error(
        `tfjs-jit: the function uses a tensor of shape [${info.shape.join(', ')}] that was made outside of it; ` +
          'pass it as an argument, or make it inside the function',
      );
    }
    // On other backends, tensors of different shapes can share data; kernels here append a node for every new shape.
    return value;
  }

  /** Tensor info of a value. Values of type int64 are inputs of operators only and never become tensors. */
  infoOf(value: Value): tf.TensorInfo {
    if (value.dtype === 'int64') throw new Error('tfjs-jit: TensorFlow.js has no int64');
    const dataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const elements = toElements(values as tf.TypedArray, dtype);
    const first = elements[0];
    if (elements.length > 1 && elements.every((element: number | bigint) => element === first)) {
      // Ones, zeros and fills are kept as a scalar, which most operators broadcast at no cost.
      const scalar = this.graph.constant(dtypeOf(dtype), [], elements.slice(0, 1));
      return this.infoOf(expand(this.graph, scalar, shape)).dataId;
    }
    return this.infoOf(this.graph.constant(dtypeOf(dtype), shape, elements.slice())).dataId;
  }

  override disposeData(dataId: tf.DataId): boolean {
    const left = this.refCount(dataId) - 1;
    if (left > 0) {
      this.#shared.set(dataId, left);
      return false;
    }
    this.#values.delete(dataId);
    return true;
  }

  override readSync(): tf.BackendValues {
    throw new Error('tfjs-jit: a traced function cannot read the elements of a tensor: they are not known yet');
  }

  override read(): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync());
  }

  override incRef(dataId: tf.DataId): void {
    this.#shared.set(dataId, this.refCount(dataId) + 1);
  }

  override refCount(dataId: tf.DataId): number {
    return this.#shared.get(dataId) ?? 1;
  }

  override numDataIds(): number {
    return this.#values.size;
  }

  override memory() {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {
    this.#values.clear();
  }
}

/** `value` broadcast to `shape`. */
export function expand(graph: Graph, value: Value, shape: readonly number[]): Value {
  const same = value.shape.length === shape.length && sizeOf(value.shape) === sizeOf(shape);
  if (same) return value;
  return graph.node('Expand', [value, graph.indices(shape)], { dtype: value.dtype, shape });
}

/** True while a function is traced: fused operators can then append their nodes. */
export function isTracing(): boolean {
  return tf.getBackend() === BACKEND;
}

/** Arguments of a kernel: the graph, the values of its inputs by name, and the attributes of the call. */
export interface KernelCall<Attributes> {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Value>>;
  /** Inputs in order, for kernels that take a list. */
  readonly list: readonly Value[];
  readonly attrs: Attributes;
}

/** Replaces values without elements by constants: ONNX operators treat empty arrays differently. */
function withElements(graph: Graph, value: Value): Value {
  if (sizeOf(value.shape) > 0 || value.dtype === 'int64') return value;
  return graph.constant(value.dtype, value.shape, toElements([], value.dtype));
}

const covered = new Set<string>();

/** Names of all kernels that can be recorded, this package's own included. */
export const coveredKernels = (): ReadonlySet<string> => covered;

/** Error for a call that cannot be recorded: names the kernel, its inputs and the reason. */
function refusal(name: string, inputs: Record<string, tf.TensorInfo>, cause?: Error): Error {
  const described = Object.entries(inputs)
    .filter(([, info]) => info != null)
    .map(([key, { dtype, shape }]) => `${key}: ${dtype} [${shape.join(', ')}]`);
  const what = `kernel ${name}(${described.join(', ')})`;
  if (cause === undefined) return new Error(`tfjs-jit: ${what} is not covered`);
  return new Error(`${cause.message}; in ${what}`, { cause });
}

/** Registers a kernel that appends to the graph. Errors that start with `tfjs-jit:` get the kernel's inputs added. */
export function kernel<Attributes = object>(
  name: string,
  emit: (call: KernelCall<Attributes>) => Value | readonly Value[],
): void {
  covered.add(name);
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const recorder = backend as Recorder;
      try {
        const entries = Object.entries(inputs as Record<string, tf.TensorInfo>)
          .filter(([, info]) => info != null)
          .map(([key, info]) => [key, recorder.lookup(info)] as const);
        const result = emit({
          graph: recorder.graph,
          inputs: Object.fromEntries(entries),
          list: entries.map(([, value]) => value),
          attrs: attrs as Attributes,
        });
        const infoOf = (value: Value) => recorder.infoOf(withElements(recorder.graph, value));
        return Array.isArray(result) ? (result as readonly Value[]).map(infoOf) : infoOf(result as Value);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('tfjs-jit:'))) throw error;
        throw refusal(name, inputs as Record<string, tf.TensorInfo>, error);
      }
    },
  });
}

/** Makes calls of all other kernels of TensorFlow.js fail with a message that names their inputs. */
export function refuseOthers(): void {
  for (const [key, name] of Object.entries(tf)) {
    // tfjs-core exports the name of each kernel under that name.
    if (typeof name !== 'string' || name !== key || covered.has(name)) continue;
    tf.registerKernel({
      kernelName: name,
      backendName: BACKEND,
      kernelFunc: ({ inputs }) => {
        throw refusal(name, inputs as Record<string, tf.TensorInfo>);
      },
    });
  }
}

/** Calls a kernel that exists only in this backend. */
export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: tf.NamedAttrMap = {},
): T {
  return tf.engine().runKernel<T>(name, inputs, attrs);
}
