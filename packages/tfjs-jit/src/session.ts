import { createHash } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-node';
import type { Elements } from './graph.js';

/** Options of a session of ONNX Runtime. */
export interface SessionOptions {
  /** Threads inside one operator. Default: ONNX Runtime's choice. Up to 32 threads, results have the same bits. */
  readonly threads?: number;
  /** Prefix of a profile, `<prefix>_<time>.json`, that `dispose` writes. */
  readonly profile?: string;
}

/** Session settings of ONNX Runtime that have no option of their own. */
const EXTRA = {
  // This optimizer would undo the transposition that makes a product's bits independent of the number of threads.
  optimization: { disable_specified_optimizers: 'GemmTransposeFusion' },
  // Threads spin briefly between operators: when other processes need the same cores, ONNX Runtime's default halves the
  // speed.
  session: { intra_op: { spin_duration_us: '50' } },
};

/** Element type and shape of an input or output. */
export interface ArraySpec {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
}

/** Loads ONNX Runtime on first use: its native library does not exist for every platform. */
async function load(): Promise<typeof Ort> {
  const ort = await import('onnxruntime-node');
  // Hides warnings about the environment, such as an unreadable GPU: callers cannot act on them.
  ort.env.logLevel = 'error';
  return ort;
}

/** Version of ONNX Runtime, e.g. `1.30.0`. Rejects if its native library cannot be loaded. */
export async function onnxRuntimeVersion(): Promise<string> {
  const { versions } = (await load()).env;
  return versions.node ?? versions.common;
}

/** A model with inputs `input0`, `input1`, ... and outputs `output0`, `output1`, ... */
export interface Model {
  /** In ONNX's binary format. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly ArraySpec[];
  readonly outputs: readonly ArraySpec[];
}

/** A session of ONNX Runtime and the number of its users. */
interface Entry {
  readonly session: Promise<Ort.InferenceSession>;
  users: number;
}

/** Sessions in use, by digest of model and options: equal models are compiled once. */
const entries = new Map<string, Entry>();

/** Creates a session of ONNX Runtime, or reuses an existing one. */
function acquire(ort: typeof Ort, model: Model, options: SessionOptions): { key: string; entry: Entry } {
  const digest = createHash('sha256').update(model.bytes).digest('hex');
  const key = `${digest} ${JSON.stringify(options)}`;
  const known = entries.get(key);
  if (known) {
    known.users++;
    return { key, entry: known };
  }
  const session = ort.InferenceSession.create(model.bytes, {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // A plan of all arrays would take a block of their whole size in the second run, besides the arrays of the first.
    enableMemPattern: false,
    extra: EXTRA,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  });
  const entry = { session, users: 1 };
  entries.set(key, entry);
  session.catch(() => entries.delete(key));
  return { key, entry };
}

/** A model on ONNX Runtime's CPU provider. */
export class Session {
  readonly #ort: typeof Ort;
  readonly #key: string;
  #disposed = false;
  readonly #session: Ort.InferenceSession;
  readonly #profiled: boolean;
  readonly #inputs: readonly ArraySpec[];
  readonly #outputs: readonly ArraySpec[];
  readonly #tensors = new WeakMap<Elements, Ort.Tensor>();
  /** Calls that have not settled. */
  readonly #running = new Set<Promise<unknown>>();

  private constructor(ort: typeof Ort, session: Ort.InferenceSession, model: Model, key: string, profiled: boolean) {
    this.#ort = ort;
    this.#key = key;
    this.#profiled = profiled;
    this.#session = session;
    this.#inputs = model.inputs;
    this.#outputs = model.outputs;
  }

  /** Rejects if ONNX Runtime cannot be loaded, or cannot run the model. */
  static async create(model: Model, options: SessionOptions = {}): Promise<Session> {
    const ort = await load();
    const { key, entry } = acquire(ort, model, options);
    return new Session(ort, await entry.session, model, key, options.profile !== undefined);
  }

  /** Fills `outputs` from `inputs`, without copies. Do not change either before the promise settles. */
  async run(inputs: readonly Elements[], outputs: readonly Elements[]): Promise<void> {
    if (this.#disposed) throw new Error('tfjs-jit: this function has been disposed of');
    const feeds: Record<string, Ort.Tensor> = {};
    this.#inputs.forEach((value, index) => {
      feeds[`input${index}`] = this.#tensor(inputs[index], value, `input ${index}`);
    });
    const fetches: Record<string, Ort.Tensor> = {};
    this.#outputs.forEach((value, index) => {
      fetches[`output${index}`] = this.#tensor(outputs[index], value, `output ${index}`);
    });
    const call = this.#session.run(feeds, fetches);
    this.#running.add(call);
    try {
      discard(Object.values(await call), outputs);
    } finally {
      this.#running.delete(call);
    }
  }

  /** Tensor of an array; cached, so that the same array gets the same tensor. */
  #tensor(elements: Elements | undefined, { dtype, shape }: ArraySpec, what: string): Ort.Tensor {
    const known = elements && this.#tensors.get(elements);
    if (known && known.type === dtype && sameShape(known.dims, shape)) return known;
    if (elements === undefined) throw new Error(`tfjs-jit: ${what} is missing`);
    if (elements.buffer instanceof SharedArrayBuffer) {
      throw new Error(`tfjs-jit: ${what} is in shared memory, which ONNX Runtime does not accept; copy it`);
    }
    try {
      const tensor = new this.#ort.Tensor(dtype as 'float32', elements as Float32Array, shape);
      this.#tensors.set(elements, tensor);
      return tensor;
    } catch (cause) {
      throw new Error(`tfjs-jit: ${what} must hold ${dtype} of shape [${shape.join(', ')}]`, { cause });
    }
  }

  /** Frees the session after running calls, if it has no other users. Further calls do nothing. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await Promise.allSettled(this.#running);
    const entry = entries.get(this.#key)!;
    entry.users--;
    if (entry.users > 0) return;
    entries.delete(this.#key);
    if (this.#profiled) this.#session.endProfiling();
    await this.#session.release();
  }
}

/** A closed port: what is sent to it is dropped at once. */
const { port1: nowhere, port2 } = new MessageChannel();
port2.close();
nowhere.close();

/**
 * Frees what onnxruntime-node returns: it fills the arrays of the caller, and then copies each into a new one. Until
 * the garbage collector finds them, such copies take several times the memory of the results.
 */
function discard(copies: readonly Ort.Tensor[], outputs: readonly Elements[]): void {
  const own = new Set<ArrayBufferLike>(outputs.map(({ buffer }) => buffer));
  const buffers = new Set(copies.map(({ data }) => (data as Elements).buffer as ArrayBuffer));
  nowhere.postMessage(
    null,
    [...buffers].filter((buffer) => !own.has(buffer)),
  );
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}
