import type { Range } from './adamw.js';
import { addBlock, BLOCK, squaresOfBlock } from './vector.js';

/** Blocks in a gradient of this size. A block's squares are summed together, whichever worker computes them. */
export function blocksOf(size: number): number {
  return Math.ceil(size / BLOCK);
}

/** The part of `size` elements that one of `count` workers computes: whole blocks. */
export function shareOf(size: number, worker: number, count: number): Range {
  const blocks = blocksOf(size);
  const at = (index: number) => Math.min(size, Math.floor((index * blocks) / count) * BLOCK);
  return { from: at(worker), to: at(worker + 1) };
}

/** Writes the sum of squares of each block of `range`, in float64. `range` must be whole blocks. */
export function squaresOf(gradient: Float32Array, squares: Float64Array, range: Range): void {
  for (let from = range.from; from < range.to; from += BLOCK) {
    squares[from / BLOCK] = squaresOfBlock(gradient, from, Math.min(range.to, from + BLOCK));
  }
}

/** L2 norm from the sums of squares of all blocks. */
export function normOf(squares: Float64Array): number {
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

/** Adds `other` to `sum` in a range. Exchanging the two arrays changes no bit of the result. */
export function add(sum: Float32Array, other: Float32Array, range: Range): void {
  for (let from = range.from; from < range.to; from += BLOCK) {
    addBlock(sum, other, from, Math.min(range.to, from + BLOCK));
  }
}
