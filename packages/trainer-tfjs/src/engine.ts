import type { OptimizerSpec } from '@branchline/core';
import type { ModelSpec } from '@branchline/model';
import type { HostArray } from '@branchline/tfjs-jit';
import type { Batch } from './batch.js';
import type { Program } from './decoder.js';
import type { AdamwStep } from './optimizer/adamw.js';
import type { TfjsState } from './state.js';

/** A program made ready to run on arrays of host memory. */
export interface Runnable {
  /** Fills `results` from `inputs`; nothing may be changed before the promise settles. */
  run(inputs: readonly HostArray[], results: readonly HostArray[]): Promise<void>;
  dispose(): Promise<void>;
}

/** The loss of a batch of fixed size, made ready to be computed for any state. One call at a time. */
export interface Evaluation {
  /** What to compute, and afterwards the losses. */
  readonly batch: Batch;
  /** Fills the losses of `batch`; nothing may be changed before the promise settles. */
  run(state: TfjsState): Promise<void>;
  /** Lets go of the state that was computed last. */
  release(): Promise<void>;
  dispose(): Promise<void>;
}

/** A training step for batches of fixed size, made ready for any state. One call at a time. */
export interface Training {
  /** What to compute, and afterwards the losses. */
  readonly batch: Batch;
  /** Fills the losses of `batch`, and returns the global L2 norm of the gradient. */
  gradient(state: TfjsState): Promise<number>;
  /** One step of AdamW with the gradient that was computed last, on its state. */
  update(step: AdamwStep): Promise<void>;
  /** Lets go of the state that was computed last. */
  release(): Promise<void>;
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
  /** A faster way to train than `prepare` and plain loops; absent: there is none. */
  training?(spec: ModelSpec, optimizer: OptimizerSpec, sequences: number): Promise<Training>;
  /** Likewise for evaluations. */
  evaluation?(spec: ModelSpec, sequences: number): Promise<Evaluation>;
  /** Frees what all programs share. */
  dispose?(): Promise<void>;
}
