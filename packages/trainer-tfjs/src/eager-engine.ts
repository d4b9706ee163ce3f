import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from './engine.js';
import { loadNative } from './native-backend.js';
import { instructionSet, processorName } from './processor.js';

/** Backends of TensorFlow.js that can run the model. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** Loads a backend's package. Returns the package that provides it. */
async function load(backend: Exclude<BackendName, 'tensorflow'>): Promise<string> {
  // Without this, TensorFlow.js advises on the console to install its native package.
  tf.enableProdMode();
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await import('@tensorflow/tfjs-backend-cpu');
  return `@tensorflow/tfjs-backend-${backend}`;
}

/** What an engine tells of the backend below it. */
interface Traits {
  /** What computes, with its version, for people and for `numerics`. */
  readonly description: string;
  readonly numerics: string;
  readonly device: string;
}

/** Starts a backend. */
async function start(backend: BackendName): Promise<Traits> {
  const cpu = `cpu: ${processorName()}`;
  if (backend === 'tensorflow') {
    const { source, tensorflow, gpu } = await loadNative();
    const rounding = gpu && process.env.NVIDIA_TF32_OVERRIDE !== '0' ? 'tf32' : 'float32';
    return {
      description: `${backend} ${tensorflow} on ${gpu ? 'CUDA' : 'the CPU'}, ${source}`,
      numerics: `tensorflow ${tensorflow} ${gpu ? 'cuda' : 'cpu'} ${rounding}`,
      device: gpu ? 'cuda' : cpu,
    };
  }
  const source = await load(backend);
  const before = tf.getBackend() as string | undefined;
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start its ${backend} backend`);
  if (before) await tf.setBackend(before);
  return { description: `${backend}, ${source}`, numerics: `${source} float32`, device: cpu };
}

/** Runs `work` with `backend` chosen, and whatever was chosen before chosen again afterwards. */
function within<T>(backend: string, work: () => T): T {
  const before = tf.getBackend() as string | undefined;
  // The backend is initialized, so this takes effect at once.
  void tf.setBackend(backend);
  try {
    return work();
  } finally {
    if (before) void tf.setBackend(before);
  }
}

/** Runs programs operation by operation on a TensorFlow.js backend. Rejects with a remedy where it is missing. */
export async function eagerEngine(backend: BackendName): Promise<Engine> {
  const { description, numerics, device } = await start(backend);
  return {
    description: `eager on TensorFlow.js ${tf.version_core} (${description})`,
    device,
    // TensorFlow's own kernels add in an order that depends on how its threads are scheduled.
    deterministic: backend !== 'tensorflow',
    numerics: `eager tfjs ${tf.version_core} ${numerics} ${instructionSet()}`,
    async prepare({ fn, inputs: specs }) {
      return {
        async run(arrays, results) {
          await setImmediate();
          const outputs = within(backend, () =>
            tf.tidy(() => {
              const tensors = arrays.map((array, i) => tf.tensor(array.slice(), [...specs[i]!.shape], specs[i]!.dtype));
              const value = fn(...tensors);
              return Array.isArray(value) ? value : [value];
            }),
          );
          try {
            const values = await Promise.all(outputs.map((tensor) => tensor.data()));
            values.forEach((data, i) => {
              results[i]!.set(data);
            });
          } finally {
            tf.dispose(outputs);
          }
        },
        dispose: () => Promise.resolve(),
      };
    },
  };
}
