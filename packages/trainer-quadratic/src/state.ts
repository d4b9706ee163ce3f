import type { CheckpointReader, Tensor, TrainerState } from '@branchline/core';

/** A gradient: like the weights, an affine function of the noise of the sequences. */
export interface Gradient {
  readonly mean: Float64Array;
  /** Factor from the noise in the weights to the noise in the gradient, for each direction. */
  readonly slope: Float64Array;
  /** New noise from the batch, one entry per sequence. Empty in mode `sampled`, where `mean` includes it. */
  readonly noise: readonly { readonly sequence: number; readonly amounts: Float64Array }[];
  /** Root of the expected squared norm. */
  readonly norm: number;
}

/** Initial capacity in sequences; it grows to powers of two when sequences with higher ids are trained. */
const ROOM = 256;

/**
 * Weights as an affine function of the noise of the sequences: weight i is `mean[i]` plus the sum over sequences s of
 * `noise[s·d + i]` times a standard normal number of s and i. Training and averaging are linear, so they keep this
 * form, and with it every covariance: between weights, between states of a path, between branches, and with repeated
 * data.
 */
export class QuadraticState implements TrainerState {
  step = 0;
  #alive = true;

  /** `noise` is null in mode `sampled`, where `mean` holds the sampled weights. */
  constructor(
    readonly mean: Float32Array<ArrayBuffer>,
    public noise: Float32Array<ArrayBuffer> | null,
  ) {}

  /** A state at 0, without noise. */
  static empty(dimension: number, sampled: boolean): QuadraticState {
    return new QuadraticState(new Float32Array(dimension), sampled ? null : new Float32Array(ROOM * dimension));
  }

  /** Coefficients of a sequence's noise in all weights; empty if it is beyond the capacity, or in mode `sampled`. */
  noiseOf(sequence: number): Float32Array {
    const begin = sequence * this.mean.length;
    return this.noise?.subarray(begin, begin + this.mean.length) ?? new Float32Array();
  }

  /** One step of gradient descent. */
  descend({ mean, slope, noise }: Gradient, rate: number): void {
    const dimension = this.mean.length;
    for (let i = 0; i < dimension; i++) this.mean[i]! -= rate * mean[i]!;
    if (this.noise === null) return;
    this.#reach(Math.max(...noise.map(({ sequence }) => sequence)));
    const weights = this.noise;
    const kept = slope.map((value) => 1 - rate * value);
    for (let at = 0; at < weights.length; at += dimension) {
      for (let i = 0; i < dimension; i++) weights[at + i]! *= kept[i]!;
    }
    for (const { sequence, amounts } of noise) {
      const own = this.noiseOf(sequence);
      for (let i = 0; i < dimension; i++) own[i]! -= rate * amounts[i]!;
    }
  }

  /** Grows the capacity to hold a sequence. */
  #reach(sequence: number): void {
    const dimension = this.mean.length;
    if (this.noise === null || (sequence + 1) * dimension <= this.noise.length) return;
    const grown = new Float32Array(2 ** Math.ceil(Math.log2(sequence + 1)) * dimension);
    grown.set(this.noise);
    this.noise = grown;
  }

  /** Variance of every weight; 0 in mode `sampled`. */
  variances(): Float64Array {
    const dimension = this.mean.length;
    const variances = new Float64Array(dimension);
    const { noise } = this;
    if (noise === null) return variances;
    for (let at = 0; at < noise.length; at += dimension) {
      for (let i = 0; i < dimension; i++) variances[i]! += noise[at + i]! ** 2;
    }
    return variances;
  }

  /** Throws if the state was disposed of. */
  assertAlive(): void {
    if (!this.#alive) throw new Error('trainer-quadratic: this state was disposed of');
  }

  dispose(): void {
    this.#alive = false;
  }
}

const bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.slice().buffer);

/** Tensors of a state for a checkpoint. */
export function tensorsOf({ mean, noise }: QuadraticState): readonly Tensor[] {
  const dimension = mean.length;
  const weights: Tensor = { name: 'mean', dtype: 'F32', shape: [dimension], data: bytes(mean) };
  if (noise === null) return [weights];
  return [weights, { name: 'noise', dtype: 'F32', shape: [noise.length / dimension, dimension], data: bytes(noise) }];
}

/** Reads a state that was written with `tensorsOf`. Throws for another mode or dimension. */
export async function readState(
  checkpoint: CheckpointReader,
  dimension: number,
  sampled: boolean,
): Promise<QuadraticState> {
  const tensors = await checkpoint.read('weights');
  const [mean, noise] = tensors.map(({ data }) => new Float32Array(new Uint8Array(data).buffer));
  if (mean?.length !== dimension || (noise === undefined) !== sampled) {
    throw new Error(
      `trainer-quadratic: checkpoint ${checkpoint.key} has ${mean?.length ?? 0} dimensions in mode ${noise ? 'exact' : 'sampled'}, ` +
        `the trainer has ${dimension} in mode ${sampled ? 'sampled' : 'exact'}`,
    );
  }
  return new QuadraticState(mean, noise ?? null);
}
