import { BranchlineError } from '@branchline/core';
import { automaticEngine, tryEngines } from './candidates.js';
import { eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { gpuEngine } from './gpu-engine.js';
import { jitEngine } from './jit-engine.js';
import { type TfjsTrainerOptions, tfjsTrainerOptions } from './options.js';

/**
 * Creates the engine that the options select. Rejects with the reason, for `auto` with the reasons of all engines.
 */
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
    remedy: 'npx branchline doctor shows what is missing and how to add it.',
  });
}
