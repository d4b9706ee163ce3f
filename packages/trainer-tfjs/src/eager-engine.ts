import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from './engine.js';
import { instructionSet, processorName } from './processor.js';

/** Backends of TensorFlow.js that can run the model. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** The optional packages with TensorFlow's native library, in order of preference. */
const NATIVE = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Registers the native backend, from whichever optional package is installed. */
async function loadNative(): Promise<string> {
  const failures: string[] = [];
  for (const name of NATIVE) {
    try {
      await import(name);
      return name;
    } catch (error) {
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
      failures.push(`${name}: ${reason}`);
    }
  }
  throw new Error(
    `the tensorflow backend needs an optional package that could not be loaded (${failures.join('; ')}). ` +
      `Add it with: npm install --no-save --ignore-scripts=false ${NATIVE[0]}@${tf.version_core}`,
  );
}

/** Loads a backend's package. Returns the package that provides it. */
async function load(backend: BackendName): Promise<string> {
  if (backend === 'tensorflow') return loadNative();
  // Without this, TensorFlow.js advises on the console to install its native package.
  tf.enableProdMode();
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await import('@tensorflow/tfjs-backend-cpu');
  return `@tensorflow/tfjs-backend-${backend}`;
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
  const source = await load(backend);
  const before = tf.getBackend() as string | undefined;
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start its ${backend} backend`);
  if (before) await tf.setBackend(before);
  const gpu = source === NATIVE[0];
  return {
    description: `eager on TensorFlow.js ${tf.version_core} (${backend}, ${source})`,
    device: gpu ? 'cuda' : `cpu: ${processorName()}`,
    // TensorFlow's own kernels add in an order that depends on how its threads are scheduled.
    deterministic: backend !== 'tensorflow',
    numerics: `eager tfjs ${tf.version_core} ${source} float32 ${instructionSet()}`,
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
