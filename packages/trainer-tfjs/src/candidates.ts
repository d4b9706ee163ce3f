import { BranchlineError, messageOf } from '@branchline/core';
import { eagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';
import { GPU_REMEDIES, gpuEngine } from './gpu-engine.js';
import { lookAtGraphics, whyNoGpu } from './graphics.js';
import { jitEngine } from './jit-engine.js';
import { whyOnlyProcessor } from './native-backend.js';
import type { TfjsTrainerOptions } from './options.js';

/** One way to compute, tried here. Exactly one of `engine` and `refusal` is set. */
export interface EngineAttempt {
  /** For people, e.g. `jit on CPU`. */
  readonly name: string;
  /** What asks for this engine and no other. */
  readonly options: TfjsTrainerOptions;
  readonly engine?: Engine;
  /** Why it cannot be had here, in one line. */
  readonly refusal?: string;
  /** What to do about the refusal: a command where one helps. */
  readonly remedy?: string;
  /** Why `auto` goes on to the next one although this one works. */
  readonly passedOver?: string;
}

interface Candidate {
  readonly name: string;
  readonly options: TfjsTrainerOptions;
  make(threads?: number): Promise<Engine>;
  /** For a refusal that does not bring a remedy of its own. */
  readonly remedy: string;
  /** Why `auto` does not take it although it works. */
  passOver?(engine: Engine): string | undefined;
  /** The same where it is known beforehand: then `auto` does not even load it. */
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
    passOver: () => 'it is by far the slowest, and there to compare with',
  },
];

/** Which engines to try: until `auto` has its own, the same among those of the jit only, or every one. */
export type Which = 'auto' | 'jit' | 'all';

/**
 * Tries engines in the order of `auto`. Unless all were asked for, the last of the list is the one to take, if any
 * works. Never rejects: what fails is an attempt with a refusal.
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

/** The attempt that `auto` decides for; undefined when no engine works. */
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

/** What an error says, in one line, and its own remedy if it has one. */
function refusalOf(error: unknown): { readonly refusal: string; readonly remedy?: string } {
  const problem = error instanceof BranchlineError ? error.problems[0]! : { message: messageOf(error) };
  const [refusal] = problem.message.split('\n') as [string];
  return { refusal, ...(problem.remedy !== undefined && { remedy: problem.remedy }) };
}
