import type { ArraySpec, HostArray } from '../src/index.js';

/** A float32 array of numbers in [-1, 1), determined by the seed. */
export function numbers(size: number, seed = 1): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** One argument of a function under test. */
export interface Argument extends ArraySpec {
  readonly data: HostArray;
}
