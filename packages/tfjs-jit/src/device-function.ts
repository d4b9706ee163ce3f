import type * as Ort from 'onnxruntime-node';
import type { Elements, Graph } from './graph.js';
import { lowerForWebGpu } from './lower.js';
import { encodeModel } from './onnx.js';
import type { ArraySpec } from './session.js';
import { type TensorFunction, trace } from './trace.js';

/** A provider of ONNX Runtime that computes on a GPU. */
export type GpuProvider = 'webgpu' | 'cuda';

/** How a function runs on a GPU. */
export interface DeviceOptions {
  readonly provider: GpuProvider;
  /** Number of results, from the first, that are copied to host memory; the others stay on the device. Default: all. */
  readonly toHost?: number;
}

/**
 * A result that stays on the device, as input of another call there. With CUDA it is in host memory nevertheless:
 * onnxruntime-node 1.30 supports tensors on the device for WebGPU only.
 */
export class DeviceArray {
  /** @internal */
  constructor(readonly tensor: Ort.Tensor) {}

  /** Frees the memory; the garbage collector does not know how large it is. */
  dispose(): void {
    this.tensor.dispose();
  }
}

/** A function compiled for a GPU, for inputs of fixed shapes. */
export class DeviceFunction {
  private constructor(
    private readonly ort: typeof Ort,
    private readonly graph: Graph,
    private readonly toHost: number,
    private readonly session: Ort.InferenceSession,
  ) {}

  /** Traces and compiles `fn`. Rejects if the provider does not start. */
  static async create(
    fn: TensorFunction,
    inputs: readonly ArraySpec[],
    { provider, toHost = Number.POSITIVE_INFINITY }: DeviceOptions,
  ): Promise<DeviceFunction> {
    const ort = await import('onnxruntime-node');
    // Hides messages of drivers: callers cannot act on them.
    ort.env.logLevel = 'error';
    const traced = trace(fn, inputs);
    const graph = provider === 'webgpu' ? lowerForWebGpu(traced) : traced;
    const places = graph.outputs.map((_, index): [string, Ort.Tensor.DataLocation] => [
      `output${index}`,
      index < toHost ? 'cpu' : 'gpu-buffer',
    ]);
    const stays = provider === 'webgpu' && toHost < graph.outputs.length;
    const session = await ort.InferenceSession.create(encodeModel(graph), {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...(stays && { preferredOutputLocation: Object.fromEntries(places) }),
    });
    return new DeviceFunction(ort, graph, Math.min(toHost, graph.outputs.length), session);
  }

  /**
   * Runs on arrays in host memory and on the device. Fills `results` with the results for host memory, and returns the
   * results that stay on the device. Inputs are not changed; do not change them before the promise settles.
   */
  async run(inputs: readonly (Elements | DeviceArray)[], results: readonly Elements[] = []): Promise<DeviceArray[]> {
    const feeds = inputs.map((input, index): [string, Ort.Tensor] => [`input${index}`, this.#tensor(input, index)]);
    const found = await this.session.run(Object.fromEntries(feeds));
    const outputs = this.graph.outputs.map((_, index) => found[`output${index}`] as Ort.Tensor);
    for (const [index, array] of results.entries()) (array as Float32Array).set(outputs[index]!.data as Float32Array);
    return outputs.slice(this.toHost).map((tensor) => new DeviceArray(tensor));
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }

  #tensor(input: Elements | DeviceArray, index: number): Ort.Tensor {
    if (input instanceof DeviceArray) return input.tensor;
    const { dtype, shape } = this.graph.inputs[index]!;
    // The binding accepts no shared memory.
    const own = input.buffer instanceof SharedArrayBuffer ? input.slice() : input;
    try {
      return new this.ort.Tensor(dtype as 'float32', own as Float32Array, shape);
    } catch (cause) {
      throw new Error(`tfjs-jit: input ${index} must hold ${dtype} of shape [${shape.join(', ')}]`, { cause });
    }
  }
}
