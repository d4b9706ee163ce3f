import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import { z } from 'zod';

/** `tfjs-jit` promises equal bits for any number of threads up to this one. */
export const MAX_THREADS = 32;

/** Threads of a trainer that has the machine alone. */
export const mostThreads = (): number => Math.min(MAX_THREADS, availableParallelism());

/** An error message that quotes the value and says what the option takes. */
const expected = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${inspect(input, { depth: 0 })} is not ${takes}`,
});

const threadCount = expected(`a whole number from 1 to ${MAX_THREADS}`);

/** Options of the embedded trainer; `{}` selects the fastest engine that works here. */
export const tfjsTrainerOptions = z
  .strictObject({
    engine: z
      .enum(['auto', 'jit', 'eager'], expected('"auto", "jit" or "eager"'))
      .default('auto')
      .describe(
        'jit compiles the training step with ONNX Runtime; eager runs TensorFlow.js operations one by one; auto takes ' +
          'TensorFlow on CUDA where it is installed, else jit on a GPU, else jit on the CPU, else the wasm backend.',
      ),
    backend: z
      .enum(['wasm', 'cpu', 'tensorflow'], expected('"wasm", "cpu" or "tensorflow"'))
      .optional()
      .describe(
        'TensorFlow.js backend of the eager engine; tensorflow needs `branchline backend install tensorflow`. Default: wasm.',
      ),
    device: z
      .enum(['cpu', 'webgpu', 'cuda', 'auto'], expected('"cpu", "webgpu", "cuda" or "auto"'))
      .optional()
      .describe(
        'Where the jit engine computes; webgpu needs a Vulkan, Metal or Direct3D 12 driver, cuda the libraries of ' +
          "ONNX Runtime's provider; auto takes the first that is a GPU and works, else cpu. Default: cpu.",
      ),
    threads: z
      .int(threadCount)
      .min(1, threadCount)
      .max(MAX_THREADS, threadCount)
      .optional()
      .describe('Threads of the jit engine; never changes a result. Default: all processors.'),
  })
  .superRefine(({ engine, backend, device, threads }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (backend !== undefined && engine !== 'eager') issue('backend', `belongs to engine "eager", not "${engine}"`);
    if (device !== undefined && engine !== 'jit') issue('device', `belongs to engine "jit", not "${engine}"`);
    if (threads !== undefined && engine === 'eager') issue('threads', 'belongs to engine "jit", not "eager"');
    if (threads !== undefined && (device === 'webgpu' || device === 'cuda')) {
      issue('threads', `belongs to device "cpu", not "${device}"`);
    }
  });

/** Options as a user writes them. */
export type TfjsTrainerOptions = z.input<typeof tfjsTrainerOptions>;
