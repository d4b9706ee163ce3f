import type { ModelSpec } from '@branchline/model';
import type { TfjsTrainerOptions } from '../src/index.js';

/**
 * What the benchmark asks of a process that trains, one JSON object a line; `torch_peer.py` understands `load` and
 * `steps` too. Every engine has a process of its own, so that its peak memory is its own, and so that all can take
 * turns.
 */
export type Request =
  | { readonly load: { readonly model: ModelSpec; readonly batch: number } & Readonly<Record<string, unknown>> }
  | { readonly steps: number }
  | { readonly gemm: readonly [number, number, number] }
  | { readonly profile: { readonly model: ModelSpec; readonly batch: number } };

/** How a process of ours trains. */
export interface LoadOptions {
  readonly model: ModelSpec;
  readonly batch: number;
  readonly options: TfjsTrainerOptions;
}

/** Seconds that some steps took, and the most memory that the process ever had. */
export interface StepsAnswer {
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Milliseconds of one thread that one kind of operation takes in a step. */
export interface Operation {
  readonly kind: string;
  readonly calls: number;
  readonly milliseconds: number;
}
