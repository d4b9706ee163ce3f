import type { OptimizerSpec } from '@branchline/core';
import type { ModelSpec } from '@branchline/model';
import type { HostArray } from '@branchline/tfjs-jit';
import type { Batch } from './batch.js';
import type { Program } from './decoder.js';
import type { Teaching } from './distil-program.js';
import type { AdamwStep } from './optimizer/adamw.js';
import type { TfjsState } from './state.js';

/** A prepared program that runs on arrays in host memory. */
export interface Runnable {
  /** Fills `results` from `inputs`. Do not change either before the promise settles. */
  run(inputs: readonly HostArray[], results: readonly HostArray[]): Promise<void>;
  dispose(): Promise<void>;
}

/** Computes the losses of batches of a fixed size, for any state. One call at a time. */
export interface Evaluation {
  /** Inputs of the next call, and its losses afterwards. */
  readonly batch: Batch;
  /** Fills the losses of `batch`. Do not change state or batch before the promise settles. */
  run(state: TfjsState): Promise<void>;
  /** Drops the reference to the last state. */
  release(): Promise<void>;
  dispose(): Promise<void>;
}

/** Training steps for batches of a fixed size, for any state. One call at a time. */
export interface Training {
  /** Inputs of the next call, and its losses afterwards. */
  readonly batch: Batch;
  /** All weights of the teacher, an input of every call; absent without a teacher. */
  readonly teacher?: Float32Array;
  /** Fills the losses of `batch` and returns the global L2 norm of the gradient. */
  gradient(state: TfjsState): Promise<number>;
  /** Applies one AdamW step to the last state, with its last gradient. */
  update(step: AdamwStep): Promise<void>;
  /** Finishes with the last state: host memory holds it afterwards. */
  release(): Promise<void>;
  dispose(): Promise<void>;
}

/** Executes programs. */
export interface Engine {
  /** For display, e.g. `jit on onnxruntime 1.30.0 (cpu, 2 threads)`. */
  readonly description: string;
  /** Kind and name of the hardware, for the ledger. */
  readonly device: string;
  /** Threads in use. Default: one. */
  readonly units?: number;
  /** How many engines can share these threads without loss. Default: one. */
  readonly lanes?: number;
  readonly deterministic: boolean;
  /** Everything that can change a bit of a result. */
  readonly numerics: string;
  /** The part of it that names the processor, as in `TrainerInfo`. */
  readonly processor: string;
  prepare(program: Program): Promise<Runnable>;
  /** Training that is faster than `prepare` with the optimizer in plain loops. Default: those. */
  training?(spec: ModelSpec, optimizer: OptimizerSpec, sequences: number, teaching?: Teaching): Promise<Training>;
  /** The same for evaluations. */
  evaluation?(spec: ModelSpec, sequences: number): Promise<Evaluation>;
  /** Frees the resources shared by all programs. */
  dispose?(): Promise<void>;
}
