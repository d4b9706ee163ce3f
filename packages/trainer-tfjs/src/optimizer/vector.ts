import { VECTOR } from './vector.wasm.js';

/** Most elements per call of a loop: a block of every array fits into a processor's cache. */
export const BLOCK = 1 << 14;

/** The part of WebAssembly used here; TypeScript declares it only with the DOM. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Exports of `vector.wat`, which documents them. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  update(bytes: number, ...scalars: AdamwScalars): void;
  add(bytes: number): void;
  squares(bytes: number): number;
}

/** clip, keep, rate, spread, beta1, 1 - beta1, beta2, 1 - beta2, epsilon */
export type AdamwScalars = readonly [number, number, number, number, number, number, number, number, number];

const module = new WebAssembly.Module(Buffer.from(VECTOR, 'base64'));
const vector = new WebAssembly.Instance(module).exports as Exports;
const block = (index: number) => new Float32Array(vector.memory.buffer, index * 4 * BLOCK, BLOCK);
const [weights, first, second, gradient, other] = [block(0), block(1), block(2), block(3), block(4)];

/** Bytes of some elements, rounded up to whole vectors of four. */
const bytesOf = (elements: number) => 4 * 4 * Math.ceil(elements / 4);

/** Arrays that `update` reads and writes. */
export interface Slots {
  readonly weights: Float32Array;
  /** Moving average of the gradient. */
  readonly first: Float32Array;
  /** Moving average of the squared gradient. */
  readonly second: Float32Array;
}

/** AdamW on the elements `from <= i < to`, at most one block. */
export function updateBlock(slots: Slots, grad: Float32Array, from: number, to: number, scalars: AdamwScalars): void {
  weights.set(slots.weights.subarray(from, to));
  first.set(slots.first.subarray(from, to));
  second.set(slots.second.subarray(from, to));
  gradient.set(grad.subarray(from, to));
  vector.update(bytesOf(to - from), ...scalars);
  slots.weights.set(weights.subarray(0, to - from), from);
  slots.first.set(first.subarray(0, to - from), from);
  slots.second.set(second.subarray(0, to - from), from);
}

/** Adds the elements `from <= i < to` of `summand`, at most one block, to those of `sum`. */
export function addBlock(sum: Float32Array, summand: Float32Array, from: number, to: number): void {
  gradient.set(sum.subarray(from, to));
  other.set(summand.subarray(from, to));
  vector.add(bytesOf(to - from));
  sum.set(gradient.subarray(0, to - from), from);
}

/** Sum of the squares of the elements `from <= i < to`, at most one block, in float64. */
export function squaresOfBlock(values: Float32Array, from: number, to: number): number {
  gradient.fill(0, to - from, to - from + 3);
  gradient.set(values.subarray(from, to));
  return vector.squares(bytesOf(to - from));
}
