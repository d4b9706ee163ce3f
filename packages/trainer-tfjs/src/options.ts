import { BranchlineError } from '@branchline/core';
import { z } from 'zod';
import { automaticEngine, tryEngines } from './candidates.js';
import { eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { gpuEngine } from './gpu-engine.js';
import { jitEngine, MOST_THREADS } from './jit-engine.js';

/** A user's options of the embedded trainer; `{}` chooses the fastest engine that works here. */
export const tfjsTrainerOptions = z
  .strictObject({
    engine: z
      .enum(['auto', 'jit', 'eager'])
      .default('auto')
      .describe(
        'jit compiles the training step with ONNX Runtime; eager runs TensorFlow.js operations one by one; auto takes ' +
          'TensorFlow on CUDA where it is installed, else jit on a GPU, else jit on the CPU, else the wasm backend.',
      ),
    backend: z
      .enum(['wasm', 'cpu', 'tensorflow'])
      .optional()
      .describe(
        'TensorFlow.js backend of the eager engine; tensorflow needs `branchline backend install tensorflow`. Default: wasm.',
      ),
    device: z
      .enum(['cpu', 'webgpu', 'cuda', 'auto'])
      .optional()
      .describe(
        'Where the jit engine computes; webgpu needs a Vulkan, Metal or Direct3D 12 driver, cuda the libraries of ' +
          "ONNX Runtime's provider; auto takes the first that is a GPU and works, else cpu. Default: cpu.",
      ),
    threads: z
      .int()
      .min(1)
      .max(MOST_THREADS)
      .optional()
      .describe('Threads of the jit engine; never changes a result. Default: all processors.'),
  })
  .superRefine(({ engine, backend, device, threads }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (backend !== undefined && engine !== 'eager') {
      issue('backend', `backend belongs to engine 'eager', not '${engine}'`);
    }
    if (device !== undefined && engine !== 'jit') {
      issue('device', `device belongs to engine 'jit', not '${engine}'`);
    }
    if (threads !== undefined && engine === 'eager') issue('threads', "threads belongs to engine 'jit', not 'eager'");
    if (threads !== undefined && (device === 'webgpu' || device === 'cuda')) {
      issue('threads', `threads belongs to device 'cpu', not '${device}'`);
    }
  });

/** What a user writes. */
export type TfjsTrainerOptions = z.input<typeof tfjsTrainerOptions>;

/** Makes the engine that the options ask for. Rejects with what is missing, and for `auto` with what every engine lacks. */
export async function chooseEngine(input: TfjsTrainerOptions): Promise<Engine> {
  const { engine, backend, device, threads } = tfjsTrainerOptions.parse(input);
  if (engine === 'eager') return eagerEngine(backend ?? 'wasm');
  if (engine === 'jit' && device !== 'auto') {
    return device === 'webgpu' || device === 'cuda' ? gpuEngine(device) : jitEngine(threads);
  }
  const attempts = await tryEngines(threads, engine === 'jit' ? 'jit' : 'auto');
  const chosen = automaticEngine(attempts)?.engine;
  if (chosen) return chosen;
  const reasons = attempts.map(({ name, refusal, passedOver }) => `${name}: ${refusal ?? passedOver}`);
  throw new BranchlineError('trainer', {
    message: `trainer-tfjs: no engine works here: ${reasons.join('; ')}`,
    remedy: 'npx branchline doctor tells what is missing and how to add it.',
  });
}
