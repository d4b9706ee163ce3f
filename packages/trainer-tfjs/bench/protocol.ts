import type { ModelSpec } from '@branchline/model';
import type { TfjsTrainerOptions } from '../src/index.js';

/**
 * Requests of the benchmark to a training process, one JSON object per line; `torch_peer.py` implements `load` and
 * `steps`. Every engine has its own process, so that peak memory is measured per engine and engines can alternate.
 */
export type Request =
  | { readonly load: { readonly model: ModelSpec; readonly batch: number } & Readonly<Record<string, unknown>> }
  | { readonly steps: number }
  | { readonly gemm: readonly [number, number, number] }
  | { readonly profile: { readonly model: ModelSpec; readonly batch: number } };

/** Settings of one of our own processes. */
export interface LoadOptions {
  readonly model: ModelSpec;
  readonly batch: number;
  readonly options: TfjsTrainerOptions;
}

/** Duration of the steps in seconds, and peak memory of the process. */
export interface StepsAnswer {
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Milliseconds per step that one kind of operation takes on one thread. */
export interface Operation {
  readonly kind: string;
  readonly calls: number;
  readonly milliseconds: number;
}
