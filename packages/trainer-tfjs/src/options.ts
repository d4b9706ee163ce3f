import { z } from 'zod';
import { type BackendName, eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { jitEngine, MOST_THREADS } from './jit-engine.js';

/** A user's options of the embedded trainer; `{}` chooses the fastest engine that works here. */
export const tfjsTrainerOptions = z
  .strictObject({
    engine: z
      .enum(['auto', 'jit', 'eager'])
      .default('auto')
      .describe(
        'jit compiles the training step with ONNX Runtime; eager runs TensorFlow.js operations one by one; auto takes ' +
          'tfjs-node-gpu where it is installed, else jit, else the wasm backend.',
      ),
    backend: z
      .enum(['wasm', 'cpu', 'tensorflow'])
      .optional()
      .describe(
        'TensorFlow.js backend of the eager engine; tensorflow needs tfjs-node-gpu or tfjs-node. Default: wasm.',
      ),
    threads: z
      .int()
      .min(1)
      .max(MOST_THREADS)
      .optional()
      .describe('Threads of the jit engine; never changes a result. Default: all processors.'),
  })
  .superRefine(({ engine, backend, threads }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (backend !== undefined && engine !== 'eager') {
      issue('backend', `backend belongs to engine 'eager', not '${engine}'`);
    }
    if (threads !== undefined && engine === 'eager') issue('threads', "threads belongs to engine 'jit', not 'eager'");
  });

/** What a user writes. */
export type TfjsTrainerOptions = z.input<typeof tfjsTrainerOptions>;

const eager = (backend: BackendName) => eagerEngine(backend);

/** One way to compute, with the reason where it is not possible here. */
export interface EngineAttempt {
  readonly name: string;
  readonly engine?: Engine;
  readonly refusal?: string;
}

/** Tries engines in order of preference, until one works or, with `all`, to the end. */
export async function tryEngines(threads?: number, all = false): Promise<EngineAttempt[]> {
  const attempts: [string, () => Promise<Engine>][] = [
    ['eager on tfjs-node-gpu', () => gpu()],
    ['jit on CPU', () => jitEngine(threads)],
    ['eager on wasm', () => eager('wasm')],
  ];
  const results: EngineAttempt[] = [];
  for (const [name, make] of attempts) {
    try {
      results.push({ name, engine: await make() });
      if (!all) break;
    } catch (error) {
      results.push({ name, refusal: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

/** The native backend counts for `auto` only if it is the one for GPUs: on a CPU, jit is faster. */
async function gpu(): Promise<Engine> {
  const engine = await eager('tensorflow');
  if (engine.device !== 'cuda') throw new Error('only the CPU package tfjs-node is installed; jit is faster');
  return engine;
}

/** Makes the engine that the options ask for. */
export async function chooseEngine(input: TfjsTrainerOptions): Promise<Engine> {
  const { engine, backend, threads } = tfjsTrainerOptions.parse(input);
  if (engine === 'jit') return jitEngine(threads);
  if (engine === 'eager') return eager(backend ?? 'wasm');
  const attempts = await tryEngines(threads);
  const chosen = attempts.at(-1)?.engine;
  if (chosen) return chosen;
  const reasons = attempts.map(({ name, refusal }) => `${name}: ${refusal}`);
  throw new Error(`trainer-tfjs: no engine works here\n${reasons.join('\n')}`);
}
