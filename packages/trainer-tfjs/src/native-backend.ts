/** Loads TensorFlow's native library as a TensorFlow.js backend: from an npm package, or as built on this machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BranchlineError, messageOf } from '@branchline/core';
import * as tf from '@tensorflow/tfjs-core';
import { ENTRY_FILE, installedBackends } from './installed-backend.js';

/** Command that adds the backend. */
const INSTALL_COMMAND = 'npx branchline backend install tensorflow';

/** `source` of a backend that `branchline backend install` has built. */
const BUILT_HERE = 'built with branchline backend install';

/** Optional packages with TensorFlow's native library, in order of preference. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Defaults of variables that TensorFlow reads when it is loaded. Values that the user has set are kept. */
const ENVIRONMENT = {
  // Show warnings, such as a missing CUDA library, and hide information.
  TF_CPP_MIN_LOG_LEVEL: '1',
  // Otherwise it reserves all GPU memory at once.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // Full float32: NVIDIA's libraries would round the factors of matrix products to 10 bits.
  NVIDIA_TF32_OVERRIDE: '0',
};

/** Files that show an NVIDIA driver, on Linux and in WSL 2. */
const NVIDIA_DRIVER = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/** Whether there is a driver for NVIDIA GPUs. False on systems other than Linux. */
export function hasNvidiaDriver(): boolean {
  return NVIDIA_DRIVER.some((path) => existsSync(path));
}

/** Why TensorFlow has no GPU here; undefined if only loading it can show that. */
export function whyOnlyProcessor(): string | undefined {
  if (process.platform !== 'linux' || hasNvidiaDriver()) return undefined;
  return 'there is no NVIDIA driver, and on the CPU jit is faster';
}

/** A loaded TensorFlow. */
export interface NativeBackend {
  /** The npm package, or `BUILT_HERE`. */
  readonly source: string;
  /** Version of TensorFlow, from its library. */
  readonly tensorflow: string;
  /** Whether TensorFlow lists a GPU and computes on it. */
  readonly gpu: boolean;
}

/** Members of tfjs-node's backend that are used here. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

let registered: Promise<string> | undefined;

/**
 * Registers the backend `tensorflow`. Rejects with the reason of every source that failed, and the command that adds
 * the backend.
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

/** Registers the backend from the first source that works. */
async function register(): Promise<string> {
  prepareEnvironment();
  const refusals: string[] = [];
  for (const name of PACKAGES) {
    try {
      await import(name);
      return name;
    } catch (error) {
      // These packages are optional: a missing one is not reported.
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
 * Loads the backend in a folder and multiplies two matrices. Call it in a process of its own: a broken backend may
 * crash it.
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
    throw new Error(`TensorFlow computes a wrong product: [[1, 2], [3, 4]] squared is ${product.join(', ')}`);
  return native;
}

/** Registers the backend in a folder with this process's TensorFlow.js. Throws the errors of loading it. */
function registerInstalled(folder: string): void {
  const require = createRequire(join(folder, ENTRY_FILE));
  const enter = require(`./${ENTRY_FILE}`) as (core: typeof tf) => void;
  enter(tf);
}

function prepareEnvironment(): void {
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
}

const inOneLine = (error: unknown) => messageOf(error).split('\n')[0]!;
