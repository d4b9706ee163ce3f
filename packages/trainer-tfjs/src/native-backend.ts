/** Loads TensorFlow's native library as a backend of TensorFlow.js: from an npm package, or one that was built here. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BranchlineError, messageOf } from '@branchline/core';
import * as tf from '@tensorflow/tfjs-core';
import { ENTRY_FILE, installedBackends } from './installed-backend.js';

/** What adds the backend. */
const INSTALL_COMMAND = 'npx branchline backend install tensorflow';

/** Source of a backend that `branchline backend install` has built. */
const BUILT_HERE = 'built with branchline backend install';

/** The optional packages with TensorFlow's native library, in order of preference. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Read by TensorFlow when it is loaded. What the user has set stays. */
const ENVIRONMENT = {
  // Warnings are shown, such as which library of CUDA is missing; information is not.
  TF_CPP_MIN_LOG_LEVEL: '1',
  // Else it takes all memory of the GPU at once, from every other process.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // float32 means float32: NVIDIA's libraries would round the factors of matrix products to 10 bits.
  NVIDIA_TF32_OVERRIDE: '0',
};

/** What the driver of an NVIDIA GPU shows, on Linux itself and in WSL 2. */
const NVIDIA_DRIVER = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/** Whether there is a driver for NVIDIA GPUs. Only Linux tells; elsewhere it is false. */
export function hasNvidiaDriver(): boolean {
  return NVIDIA_DRIVER.some((path) => existsSync(path));
}

/** Why TensorFlow could only compute on the processor here; undefined where loading it must tell. */
export function whyOnlyProcessor(): string | undefined {
  if (process.platform !== 'linux' || hasNvidiaDriver()) return undefined;
  return 'there is no NVIDIA driver, and on the CPU jit is faster';
}

/** A TensorFlow that runs. */
export interface NativeBackend {
  /** The npm package, or `BUILT_HERE`. */
  readonly source: string;
  /** Version of TensorFlow, as its library says. */
  readonly tensorflow: string;
  /** TensorFlow lists a GPU, and computes on it. */
  readonly gpu: boolean;
}

/** As tfjs-node makes it. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

let registered: Promise<string> | undefined;

/**
 * Makes the backend `tensorflow` available. Rejects with the reason of every source that failed, and the command that
 * adds it.
 */
export async function loadNative(): Promise<NativeBackend> {
  registered ??= register();
  registered.catch(() => {
    registered = undefined;
  });
  const source = await registered;
  const before = tf.getBackend() as string | undefined;
  if (!(await tf.setBackend('tensorflow'))) throw new Error(`TensorFlow could not be started (${source})`);
  if (before) await tf.setBackend(before);
  const { isUsingGpuDevice, binding } = tf.findBackend('tensorflow') as unknown as NodeBackend;
  return { source, tensorflow: binding.TF_Version, gpu: isUsingGpuDevice };
}

/** Registers the backend from the first source that has it. */
async function register(): Promise<string> {
  prepareEnvironment();
  const refusals: string[] = [];
  for (const name of PACKAGES) {
    try {
      await import(name);
      return name;
    } catch (error) {
      // A package that is not there is what one expects, and no news.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND')
        refusals.push(`${name}: ${inOneLine(error)}`);
    }
  }
  for (const { folder, refusal } of installedBackends()) {
    try {
      if (refusal !== undefined) throw new Error(refusal);
      registerInstalled(folder);
      return BUILT_HERE;
    } catch (error) {
      refusals.push(`${folder}: ${inOneLine(error)}`);
    }
  }
  const why = refusals.length === 0 ? 'none is installed' : refusals.join('; ');
  throw new BranchlineError('trainer', {
    message: `the tensorflow backend needs TensorFlow's native library: ${why}`,
    remedy: INSTALL_COMMAND,
  });
}

/**
 * Loads the backend in a folder and multiplies with it. For a process that does nothing else: a broken one may end it.
 */
export async function tryBackend(folder: string): Promise<NativeBackend> {
  prepareEnvironment();
  registerInstalled(folder);
  registered = Promise.resolve(BUILT_HERE);
  const native = await loadNative();
  await tf.setBackend('tensorflow');
  const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const product = [...tf.matMul(matrix, matrix).dataSync()];
  if (product.join() !== '7,10,15,22')
    throw new Error(`TensorFlow says that [[1, 2], [3, 4]] squared is ${product.join(', ')}`);
  return native;
}

/** Registers a backend that was built here, with the TensorFlow.js that runs here. Throws what its loading threw. */
function registerInstalled(folder: string): void {
  const require = createRequire(join(folder, ENTRY_FILE));
  const enter = require(`./${ENTRY_FILE}`) as (core: typeof tf) => void;
  enter(tf);
}

function prepareEnvironment(): void {
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
}

const inOneLine = (error: unknown) => messageOf(error).split('\n')[0]!;
