import type { CheckpointReader, Tensor, TrainerState } from '@branchline/core';

/** A gradient, an affine function of the noise of the sequences as the weights are. */
export interface Gradient {
  readonly mean: Float64Array;
  /** By how much the noise in the weights comes back in the gradient, for each direction. */
  readonly slope: Float64Array;
  /** What sequences put in anew; each stands here once. Empty in sampled mode, where it is in the mean. */
  readonly noise: readonly { readonly sequence: number; readonly amounts: Float64Array }[];
  /** Root of the expected square of its length. */
  readonly norm: number;
}

/** Sequences a state has room for at first; it doubles when one with a higher id is trained. */
const ROOM = 256;

/**
 * Weights as an affine function of the noise of the sequences: weight i is `mean[i]` plus the sum over sequences s of
 * `noise[s·d + i]` times a standard normal number that belongs to s and i. Training and averaging are linear, so they
 * keep this form, and with it every covariance: of weights with each other, with later ones of the same path, with
 * those of other branches, and with data that comes twice.
 */
export class QuadraticState implements TrainerState {
  step = 0;
  #alive = true;

  /** `noise` is null in sampled mode, where the mean is the draw. */
  constructor(
    readonly mean: Float32Array<ArrayBuffer>,
    public noise: Float32Array<ArrayBuffer> | null,
  ) {}

  /** A state at 0, without noise. */
  static empty(dimension: number, sampled: boolean): QuadraticState {
    return new QuadraticState(new Float32Array(dimension), sampled ? null : new Float32Array(ROOM * dimension));
  }

  /** What the noise of a sequence counts in every weight; empty when it was never trained. */
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

  /** Makes room for the noise of a sequence. */
  #reach(sequence: number): void {
    const dimension = this.mean.length;
    if (this.noise === null || (sequence + 1) * dimension <= this.noise.length) return;
    const grown = new Float32Array(2 ** Math.ceil(Math.log2(sequence + 1)) * dimension);
    grown.set(this.noise);
    this.noise = grown;
  }

  /** Variance of every weight; 0 in sampled mode. */
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

  /** Throws if the state was disposed. */
  assertAlive(): void {
    if (!this.#alive) throw new Error('trainer-quadratic: this state was disposed');
  }

  dispose(): void {
    this.#alive = false;
  }
}

const bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.slice().buffer);

/** The arrays of a state, as a checkpoint has them. */
export function tensorsOf({ mean, noise }: QuadraticState): readonly Tensor[] {
  const dimension = mean.length;
  const weights: Tensor = { name: 'mean', dtype: 'F32', shape: [dimension], data: bytes(mean) };
  if (noise === null) return [weights];
  return [weights, { name: 'noise', dtype: 'F32', shape: [noise.length / dimension, dimension], data: bytes(noise) }];
}

/** Reads what `tensorsOf` wrote. Throws when it is of another kind or size. */
export async function readState(
  checkpoint: CheckpointReader,
  dimension: number,
  sampled: boolean,
): Promise<QuadraticState> {
  const tensors = await checkpoint.read('weights');
  const [mean, noise] = tensors.map(({ data }) => new Float32Array(new Uint8Array(data).buffer));
  if (mean?.length !== dimension || (noise === undefined) !== sampled) {
    throw new Error(
      `trainer-quadratic: checkpoint ${checkpoint.key} is of ${mean?.length ?? 0} dimensions in mode ${noise ? 'exact' : 'sampled'}, ` +
        `the trainer of ${dimension} in mode ${sampled ? 'sampled' : 'exact'}`,
    );
  }
  return new QuadraticState(mean, noise ?? null);
}
