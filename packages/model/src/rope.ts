import { headSize, type ModelSpec } from './spec.js';

/** Cosines and sines of the rotary angles, `positions x headSize / 2`, row-major. */
export interface RopeTable {
  readonly cos: Float64Array<ArrayBuffer>;
  readonly sin: Float64Array<ArrayBuffer>;
}

/**
 * Rotary position embeddings (Su et al., 2021): position p rotates pair i by `p * theta^(-2i / headSize)`. Element i is
 * paired with element `i + headSize / 2` (the "rotate half" layout of Llama in `transformers`).
 */
export function ropeTable(spec: ModelSpec, positions: number): RopeTable {
  const half = headSize(spec) / 2;
  const cos = new Float64Array(positions * half);
  const sin = new Float64Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * spec.ropeTheta ** (-i / half);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
