import { BranchlineError, type LanePlace } from '@branchline/core';
import { automaticEngine, tryEngines } from './candidates.js';
import { eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { gpuEngine } from './gpu-engine.js';
import { jitEngine } from './jit-engine.js';
import { mostThreads, type TfjsTrainerOptions, tfjsTrainerOptions } from './options.js';

/**
 * Creates the engine that the options select, with its part of the threads if it is one of several `lane`s. Rejects
 * with the reason, for `auto` with the reasons of all engines.
 */
export async function chooseEngine(input: TfjsTrainerOptions, lane?: LanePlace): Promise<Engine> {
  const { engine, backend, device, threads: all } = tfjsTrainerOptions.parse(input);
  const threads = lane === undefined ? all : threadsOfLane(all ?? mostThreads(), lane);
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

/** The first lanes have one more if the threads cannot be divided evenly; each has at least one. */
function threadsOfLane(all: number, { index, count }: LanePlace): number {
  return Math.max(1, Math.floor(all / count) + (index < all % count ? 1 : 0));
}
