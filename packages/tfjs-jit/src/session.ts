import type * as Ort from 'onnxruntime-node';
import type { Elements, Graph, Value } from './graph.js';
import { encodeModel } from './onnx.js';

/** How ONNX Runtime runs a compiled function. */
export interface SessionOptions {
  /** Threads inside one operator. Default: what ONNX Runtime chooses. Up to 32 never change a result. */
  readonly threads?: number;
  /** Where to write a profile, `<prefix>_<time>.json`, on `dispose`. */
  readonly profile?: string;
}

/** Session settings of ONNX Runtime that have no option of their own. */
const EXTRA = {
  // The optimizer would undo the transposition that keeps a product's bits independent of the number of threads.
  optimization: { disable_specified_optimizers: 'GemmTransposeFusion' },
  // Threads wait actively for the next operator, but not for long: where other processes want the same cores, waiting
  // as long as ONNX Runtime does by default halves the speed.
  session: { intra_op: { spin_duration_us: '50' } },
};

/** Element type and shape of an input or output. */
export interface ArraySpec {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
}

/** Loaded when it is first needed: its native library does not exist for every platform. */
async function load(): Promise<typeof Ort> {
  const ort = await import('onnxruntime-node');
  // Warnings of the environment, such as of a GPU that cannot be asked, are nothing that a caller can act on.
  ort.env.logLevel = 'error';
  return ort;
}

/** The version of ONNX Runtime that computes, e.g. `1.30.0`. Rejects where its native library cannot be loaded. */
export async function onnxRuntimeVersion(): Promise<string> {
  const { versions } = (await load()).env;
  return versions.node ?? versions.common;
}

/** A compiled graph on ONNX Runtime's CPU provider. */
export class Session {
  readonly #ort: typeof Ort;
  readonly #session: Ort.InferenceSession;
  readonly #profiled: boolean;
  readonly #inputs: readonly Value[];
  readonly #outputs: readonly Value[];
  readonly #tensors = new WeakMap<Elements, Ort.Tensor>();

  private constructor(ort: typeof Ort, session: Ort.InferenceSession, graph: Graph, profiled: boolean) {
    this.#ort = ort;
    this.#profiled = profiled;
    this.#session = session;
    this.#inputs = graph.inputs;
    this.#outputs = graph.outputs;
  }

  static async create(graph: Graph, options: SessionOptions = {}): Promise<Session> {
    const ort = await load();
    const session = await ort.InferenceSession.create(encodeModel(graph), {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      extra: EXTRA,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    });
    return new Session(ort, session, graph, options.profile !== undefined);
  }

  /** Fills `outputs` from `inputs`. Both are used in place: nothing is copied, nothing may change meanwhile. */
  async run(inputs: readonly Elements[], outputs: readonly Elements[]): Promise<void> {
    const feeds: Record<string, Ort.Tensor> = {};
    this.#inputs.forEach((value, index) => {
      feeds[`input${index}`] = this.#tensor(inputs[index], value, `input ${index}`);
    });
    const fetches: Record<string, Ort.Tensor> = {};
    this.#outputs.forEach((value, index) => {
      fetches[`output${index}`] = this.#tensor(outputs[index], value, `output ${index}`);
    });
    await this.#session.run(feeds, fetches);
  }

  /** The same array seen again gets the same tensor. */
  #tensor(elements: Elements | undefined, { dtype, shape }: Value, what: string): Ort.Tensor {
    const known = elements && this.#tensors.get(elements);
    if (known && known.type === dtype && sameShape(known.dims, shape)) return known;
    if (elements === undefined) throw new Error(`tfjs-jit: ${what} is missing`);
    try {
      const tensor = new this.#ort.Tensor(dtype as 'float32', elements as Float32Array, shape);
      this.#tensors.set(elements, tensor);
      return tensor;
    } catch (cause) {
      throw new Error(`tfjs-jit: ${what} must hold ${dtype} of shape [${shape.join(', ')}]`, { cause });
    }
  }

  async dispose(): Promise<void> {
    if (this.#profiled) this.#session.endProfiling();
    await this.#session.release();
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}
