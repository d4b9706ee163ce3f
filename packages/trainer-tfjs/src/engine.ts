import type { HostArray } from '@branchline/tfjs-jit';
import type { Program } from './decoder.js';

/** A program made ready to run. */
export interface Runnable {
  /** Fills `results` from `inputs`; nothing may be changed before the promise settles. */
  run(inputs: readonly HostArray[], results: readonly HostArray[]): Promise<void>;
  dispose(): Promise<void>;
}

/** What computes a program. */
export interface Engine {
  /** For people, e.g. `jit on onnxruntime 1.30.0 (cpu, 2 threads)`. */
  readonly description: string;
  /** For the ledger: kind and name of the part. */
  readonly device: string;
  /** Threads that compute at once; absent: one. */
  readonly units?: number;
  readonly deterministic: boolean;
  /** All that can change a bit of a result. */
  readonly numerics: string;
  prepare(program: Program): Promise<Runnable>;
}
