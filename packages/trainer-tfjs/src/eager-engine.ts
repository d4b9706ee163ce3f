import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from './engine.js';
import { loadNative } from './native-backend.js';
import { instructionSet, processorName } from './processor.js';

/** Backends of TensorFlow.js that can run the model. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** Loads a backend and returns the name of its package. */
async function load(backend: Exclude<BackendName, 'tensorflow'>): Promise<string> {
  // Without this, TensorFlow.js advises on the console to install its native package.
  tf.enableProdMode();
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await import('@tensorflow/tfjs-backend-cpu');
  return `@tensorflow/tfjs-backend-${backend}`;
}

/** Properties of a backend that its engine reports. */
interface Traits {
  /** Name and version, for display. */
  readonly description: string;
  readonly numerics: string;
  readonly device: string;
}

/** Starts a backend; the current backend stays selected. */
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

/** Runs `work` with `backend` selected, then restores the previous backend. */
function within<T>(backend: string, work: () => T): T {
  const before = tf.getBackend() as string | undefined;
  // The backend is initialized, so the switch is synchronous.
  void tf.setBackend(backend);
  try {
    return work();
  } finally {
    if (before) void tf.setBackend(before);
  }
}

/** Runs programs operation by operation on a TensorFlow.js backend. Rejects with a remedy if the backend is missing. */
export async function eagerEngine(backend: BackendName): Promise<Engine> {
  const { description, numerics, device } = await start(backend);
  return {
    description: `eager on TensorFlow.js ${tf.version_core} (${description})`,
    device,
    // The summation order of TensorFlow's kernels depends on thread scheduling.
    deterministic: backend !== 'tensorflow',
    numerics: `eager tfjs ${tf.version_core} ${numerics} ${instructionSet()}`,
    processor: instructionSet(),
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
