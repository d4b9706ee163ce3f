import { BranchlineError, messageOf } from '@branchline/core';
import { eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { GPU_REMEDIES, gpuEngine } from './gpu-engine.js';
import { lookAtGraphics, whyNoGpu } from './graphics.js';
import { jitEngine } from './jit-engine.js';
import { whyOnlyProcessor } from './native-backend.js';
import type { TfjsTrainerOptions } from './options.js';

/** The result of trying one engine on this machine. Exactly one of `engine` and `refusal` is set. */
export interface EngineAttempt {
  /** Display name, e.g. `jit on CPU`. */
  readonly name: string;
  /** Trainer options that select exactly this engine. */
  readonly options: TfjsTrainerOptions;
  readonly engine?: Engine;
  /** Why it does not work here, in one line. */
  readonly refusal?: string;
  /** How to fix it: a command where one helps. */
  readonly remedy?: string;
  /** Why `auto` skips this engine although it works. */
  readonly passedOver?: string;
}

interface Candidate {
  readonly name: string;
  readonly options: TfjsTrainerOptions;
  make(threads?: number): Promise<Engine>;
  /** Default for errors that have no remedy of their own. */
  readonly remedy: string;
  /** Why `auto` skips it although it works. */
  passOver?(engine: Engine): string | undefined;
  /** The same, if it is known before loading: `auto` then does not load it. */
  avoid?(): string | undefined;
}

const REINSTALL = 'npm ci';

/** In the order in which `auto` tries them. */
const CANDIDATES: readonly Candidate[] = [
  {
    name: 'eager on tensorflow',
    options: { engine: 'eager', backend: 'tensorflow' },
    make: () => eagerEngine('tensorflow'),
    remedy: 'npx branchline backend install tensorflow',
    passOver: ({ device }) => (device.startsWith('cuda') ? undefined : 'it computes on the CPU, where jit is faster'),
    avoid: whyOnlyProcessor,
  },
  {
    name: 'jit on CUDA',
    options: { engine: 'jit', device: 'cuda' },
    make: () => gpuEngine('cuda'),
    remedy: GPU_REMEDIES.cuda,
  },
  {
    name: 'jit on WebGPU',
    options: { engine: 'jit', device: 'webgpu' },
    make: () => gpuEngine('webgpu'),
    remedy: GPU_REMEDIES.webgpu,
    avoid: () => whyNoGpu(lookAtGraphics()),
  },
  {
    name: 'jit on CPU',
    options: { engine: 'jit' },
    make: (threads) => jitEngine(threads),
    remedy: REINSTALL,
  },
  {
    name: 'eager on wasm',
    options: { engine: 'eager', backend: 'wasm' },
    make: () => eagerEngine('wasm'),
    remedy: REINSTALL,
  },
  {
    name: 'eager on cpu',
    options: { engine: 'eager', backend: 'cpu' },
    make: () => eagerEngine('cpu'),
    remedy: REINSTALL,
    passOver: () => 'it is by far the slowest; use it for comparisons only',
  },
];

/** Engines to try: all until `auto` finds one, those of the jit until one works, or all. */
export type Which = 'auto' | 'jit' | 'all';

/**
 * Tries engines in the order of `auto`. Unless `which` is `all`, it stops at the first one to use, so that one is the
 * last of the list. Never rejects: a failure is an attempt with a refusal.
 */
export async function tryEngines(threads?: number, which: Which = 'auto'): Promise<EngineAttempt[]> {
  const attempts: EngineAttempt[] = [];
  for (const candidate of CANDIDATES) {
    if (which === 'jit' && candidate.options.engine !== 'jit') continue;
    const attempt = await attemptOf(candidate, threads, which === 'all');
    attempts.push(attempt);
    if (which !== 'all' && isAutomatic(attempt)) break;
  }
  return attempts;
}

/** The attempt that `auto` selects; undefined if no engine works. */
export function automaticEngine(attempts: readonly EngineAttempt[]): EngineAttempt | undefined {
  return attempts.find(isAutomatic);
}

const isAutomatic = ({ engine, passedOver }: EngineAttempt) => engine !== undefined && passedOver === undefined;

async function attemptOf(candidate: Candidate, threads: number | undefined, all: boolean): Promise<EngineAttempt> {
  const { name, options, remedy } = candidate;
  const avoided = candidate.avoid?.();
  if (avoided !== undefined && !all) return { name, options, refusal: avoided, remedy };
  try {
    const engine = await candidate.make(threads);
    const passedOver = avoided ?? candidate.passOver?.(engine);
    return { name, options, engine, ...(passedOver !== undefined && { passedOver }) };
  } catch (error) {
    return { name, options, remedy, ...refusalOf(error) };
  }
}

/** First line of an error's message, and its remedy if it has one. */
function refusalOf(error: unknown): { readonly refusal: string; readonly remedy?: string } {
  const problem = error instanceof BranchlineError ? error.problems[0]! : { message: messageOf(error) };
  const [refusal] = problem.message.split('\n') as [string];
  return { refusal, ...(problem.remedy !== undefined && { remedy: problem.remedy }) };
}
