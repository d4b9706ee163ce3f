import type { OptimizerSpec } from '@branchline/core';
import type { ArraySpec, HostArray, Model } from '@branchline/tfjs-jit';
import type { AdamwStep, Range, Segment } from '../optimizer/adamw.js';
import { BLOCK, type Slots } from '../optimizer/vector.js';

/** One part of a batch: the inputs before the weights, and the array for the losses. */
export interface Shard {
  readonly inputs: readonly HostArray[];
  readonly nll: Float32Array;
}

/** The optimizer of a training program. */
export interface OptimizerWork {
  /**
   * Where workers pass each other their gradients, a piece of every range at a time. Two sets of arrays, used in turns;
   * in each an array per worker, to which it writes, with `PIECE` elements for each range. Empty for one worker.
   */
  readonly exchange: readonly [readonly Float32Array[], readonly Float32Array[]];
  readonly squares: Float64Array;
  readonly segments: readonly Segment[];
  readonly spec: OptimizerSpec;
  /** Elements that each worker updates. */
  readonly ranges: readonly Range[];
}

/** Request to load a program. All arrays are in memory shared with the main thread. */
export interface Load {
  readonly kind: 'load';
  readonly program: number;
  readonly worker: number;
  readonly model: Model;
  /** Number of the model's inputs before the weights. */
  readonly data: number;
  /** Threads inside one operator. */
  readonly threads: number;
  /** Shards of this worker; for a batch of one sequence, the second worker has none. */
  readonly shards: readonly Shard[];
  /** Absent for evaluations. */
  readonly optimizer?: OptimizerWork;
}

/**
 * Requests of the main thread; each gets one reply. `bind` sets the state of later requests, or none.
 */
export type Request =
  | Load
  | { readonly kind: 'bind'; readonly program: number; readonly slots?: Slots }
  | { readonly kind: 'run' | 'unload'; readonly program: number }
  | { readonly kind: 'gather'; readonly program: number; readonly round: number }
  | { readonly kind: 'update'; readonly program: number; readonly step: AdamwStep };

/** The reply to a request: an error message, or nothing. */
export interface Reply {
  readonly error?: string;
}

const elements = ({ shape }: ArraySpec) => shape.reduce((product, dimension) => product * dimension, 1);

/** Most elements of a range that one round of an exchange passes: whole blocks. */
export const PIECE = 32 * BLOCK;

/** The part of a range that a round passes; empty after the last. */
export function pieceOf({ from, to }: Range, round: number): Range {
  const start = Math.min(to, from + round * PIECE);
  return { from: start, to: Math.min(to, start + PIECE) };
}

/** Number of elements of all these arrays. */
export function sizeOf(specs: readonly ArraySpec[]): number {
  return specs.reduce((sum, spec) => sum + elements(spec), 0);
}

/** Views of these shapes into an array that holds them concatenated. */
export function arraysOf(flat: Float32Array, specs: readonly ArraySpec[]): Float32Array[] {
  let start = 0;
  return specs.map((spec) => flat.subarray(start, (start += elements(spec))));
}
