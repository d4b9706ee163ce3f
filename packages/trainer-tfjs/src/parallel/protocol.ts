import type { OptimizerSpec } from '@branchline/core';
import type { ArraySpec, HostArray, Model } from '@branchline/tfjs-jit';
import type { AdamwStep, Range, Segment } from '../optimizer/adamw.js';
import type { Slots } from '../optimizer/vector.js';

/** One part of a batch: what goes in before the weights, and where the losses go. */
export interface Shard {
  readonly inputs: readonly HostArray[];
  readonly nll: Float32Array;
}

/** The optimizer's part of a training program. */
export interface OptimizerWork {
  /** Where each worker leaves the gradient of its shards for the others, outside of its own range. */
  readonly gradients: readonly Float32Array[];
  readonly squares: Float64Array;
  readonly segments: readonly Segment[];
  readonly spec: OptimizerSpec;
  /** The elements that fall to each worker. */
  readonly ranges: readonly Range[];
}

/** A program as a worker gets it. All arrays lie in memory that is shared with the main thread. */
export interface Load {
  readonly kind: 'load';
  readonly program: number;
  readonly worker: number;
  readonly model: Model;
  /** Inputs of the model that come before the weights. */
  readonly data: number;
  /** Threads inside one operator. */
  readonly threads: number;
  /** Those of this worker; a batch of one leaves none to the second. */
  readonly shards: readonly Shard[];
  /** Absent for evaluations. */
  readonly optimizer?: OptimizerWork;
}

/**
 * What the main thread asks of a worker; each is answered once. `bind` says which state is meant from now on, if any.
 */
export type Request =
  | Load
  | { readonly kind: 'bind'; readonly program: number; readonly slots?: Slots }
  | { readonly kind: 'run' | 'gather' | 'unload'; readonly program: number }
  | { readonly kind: 'update'; readonly program: number; readonly step: AdamwStep };

/** The answer: what went wrong, or nothing. */
export interface Reply {
  readonly error?: string;
}

const elements = ({ shape }: ArraySpec) => shape.reduce((product, dimension) => product * dimension, 1);

/** Elements of all these arrays. */
export function sizeOf(specs: readonly ArraySpec[]): number {
  return specs.reduce((sum, spec) => sum + elements(spec), 0);
}

/** The arrays of these shapes inside one that holds them one after the other. */
export function arraysOf(flat: Float32Array, specs: readonly ArraySpec[]): Float32Array[] {
  let start = 0;
  return specs.map((spec) => flat.subarray(start, (start += elements(spec))));
}
