import { BranchlineError, messageOf } from '@branchline/core';
import { DeviceFunction, type GpuProvider, hasCudaLibraries, onnxRuntimeVersion } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { DeviceEvaluation, DeviceTraining } from './device-training.js';
import type { Engine } from './engine.js';
import { FirstRun } from './first-run.js';
import { graphicsProcessor } from './graphics.js';
import { hostTraining } from './host.js';

/** Remedy for each provider that does not start. */
export const GPU_REMEDIES: Readonly<Record<GpuProvider, string>> = {
  webgpu: 'Install the driver of the GPU with its Vulkan part; vulkaninfo must list the GPU.',
  cuda: 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false',
};

/**
 * Compiles programs with ONNX Runtime for a GPU. With WebGPU the state stays on the device during training, optimizer
 * included. With CUDA only the model runs there, and weights and gradients are copied at every step, because the Node
 * binding has no CUDA tensors.
 *
 * The first run of every program is compared with the processor's, and rejected if the driver computes wrong results.
 * Rejects with the reason and a remedy if the provider does not start.
 */
export async function gpuEngine(provider: GpuProvider): Promise<Engine> {
  const version = await onnxRuntimeVersion();
  // Otherwise the CUDA provider rounds the factors of matrix products to 10 bits. CUDA reads this when it is loaded.
  if (provider === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  await tryOut(provider);
  const device = [provider, graphicsProcessor()].filter(Boolean).join(': ');
  const rounding = provider === 'cuda' && process.env.NVIDIA_TF32_OVERRIDE !== '0' ? 'tf32' : 'float32';
  const engine: Engine = {
    description: `jit on onnxruntime ${version} (${device})`,
    device,
    // Drivers do not promise a fixed summation order.
    deterministic: false,
    numerics: `jit onnxruntime ${version} ${device} ${rounding}`,
    processor: device,
    prepare: async (own) => {
      const compiled = await DeviceFunction.create(own.fn, own.inputs, { provider });
      const check = new FirstRun(provider, own);
      return {
        run: async (inputs, results) => {
          await compiled.run(inputs, results);
          await check.compare(
            () => inputs,
            (expected) => results.map((found, index) => [found, expected[index]!]),
          );
        },
        dispose: () => compiled.dispose(),
      };
    },
  };
  if (provider === 'cuda') return engine;
  return {
    ...engine,
    training: (spec, optimizer, sequences, teaching) =>
      teaching === undefined
        ? DeviceTraining.create(spec, optimizer, sequences)
        : hostTraining(engine, spec, optimizer, sequences, teaching),
    evaluation: (spec, sequences) => DeviceEvaluation.create(spec, sequences),
  };
}

/** Runs a minimal program, to test whether the provider works. */
async function tryOut(provider: GpuProvider): Promise<void> {
  const refuse = (message: string, cause?: unknown): BranchlineError =>
    new BranchlineError('trainer', { message, remedy: GPU_REMEDIES[provider] }, { cause });
  if (provider === 'cuda' && !hasCudaLibraries()) {
    throw refuse("the libraries of ONNX Runtime's CUDA provider are not installed");
  }
  try {
    const compiled = await DeviceFunction.create((x) => tf.add(x, x), [{ dtype: 'float32', shape: [1] }], { provider });
    const result = new Float32Array(1);
    await compiled.run([Float32Array.of(1)], [result]);
    await compiled.dispose();
    if (result[0] !== 2) throw new Error('the device computes 1 + 1 wrong');
  } catch (error) {
    throw refuse(`ONNX Runtime cannot start its ${provider} provider: ${lastLine(error)}`, error);
  }
}

/** The reason in an error of ONNX Runtime, without the location in its source. */
function lastLine(error: unknown): string {
  const message = messageOf(error).trim();
  return /was false\. ([^\n]+)/.exec(message)?.[1] ?? message.split('\n')[0]!;
}
