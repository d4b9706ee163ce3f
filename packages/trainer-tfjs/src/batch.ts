import type { SequenceSource } from '@branchline/core';

/** Allocates an array in shared memory, for worker threads. */
export function shared<T extends Int32Array | Float32Array | Float64Array>(
  type: { new (memory: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number },
  length: number,
): T {
  return new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT));
}

/** Arrays of a batch, or of some of its rows. */
export interface BatchArrays {
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly factors: Float32Array;
  readonly distilled: Float32Array;
  readonly nll: Float32Array;
}

/** How a loss is mixed with the divergence from a teacher; see `StepObjective.distil`. */
export interface Mixture {
  readonly weight: number;
  readonly temperature: number;
}

/** Host memory of one batch: inputs of a program, and the losses that it returns. */
export class Batch implements BatchArrays {
  /** `[rows, context]`, row-major, like all arrays here. */
  readonly tokens: Int32Array;
  /** The next token at each position. */
  readonly targets: Int32Array;
  /** Weight of each token's loss in the mean. */
  readonly factors: Float32Array;
  /** Weight of each token's divergence from a teacher; empty for batches without one. */
  readonly distilled: Float32Array;
  /** Negative log-likelihood of each target, in nats. */
  readonly nll: Float32Array;
  readonly #weights: Float32Array;
  #skip = 0;

  /**
   * @param rows at least `sequences`; the rows after them are padding with weight 0
   * @param distils whether tokens have a divergence from a teacher
   */
  constructor(
    private readonly sequences: number,
    private readonly context: number,
    private readonly vocabulary: number,
    rows = sequences,
    distils = false,
  ) {
    const size = rows * context;
    this.tokens = shared(Int32Array, size);
    this.targets = shared(Int32Array, size);
    this.factors = shared(Float32Array, size);
    this.distilled = shared(Float32Array, distils ? size : 0);
    this.nll = shared(Float32Array, size);
    this.#weights = new Float32Array(sequences);
  }

  /** Views of the rows `from <= row < to`. */
  part(from: number, to: number): BatchArrays {
    const [start, end] = [from * this.context, to * this.context];
    const { tokens, targets, factors, distilled, nll } = this;
    return {
      tokens: tokens.subarray(start, end),
      targets: targets.subarray(start, end),
      factors: factors.subarray(start, end),
      distilled: distilled.subarray(start, end),
      nll: nll.subarray(start, end),
    };
  }

  /**
   * Sets the loss weight of each sequence (default 1) and returns their sum over all tokens. `mixture`: the part of the
   * loss that is the divergence from a teacher. `skip`: targets at the beginning of a sequence that have no weight.
   */
  weigh(weights?: Float32Array, mixture?: Mixture, skip = 0): number {
    if (weights && weights.length !== this.sequences) {
      throw new Error(`trainer-tfjs: ${weights.length} loss weights for ${this.sequences} sequences`);
    }
    if (weights) this.#weights.set(weights);
    else this.#weights.fill(1);
    this.#skip = skip;
    const total = (this.context - skip) * this.#weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0)) throw new Error('trainer-tfjs: the loss weights of a batch must have a positive sum');
    for (let row = 0; row < this.sequences; row++) {
      const [factor, from, to] = [this.#weights[row]! / total, row * this.context, (row + 1) * this.context];
      this.factors.fill(mixture === undefined ? factor : factor * (1 - mixture.weight), from, to);
      if (mixture !== undefined) this.distilled.fill(factor * mixture.weight * mixture.temperature ** 2, from, to);
      if (skip > 0) for (const factors of [this.factors, this.distilled]) factors.fill(0, from, from + skip);
    }
    return total;
  }

  /**
   * Reads sequences of `context + 1` tokens. Later rows keep their content: rows are independent. Throws for a token
   * outside the vocabulary, which some engines would silently replace.
   */
  fill(data: SequenceSource, ids: Uint32Array): void {
    const length = this.context + 1;
    const sequences = data.read(ids);
    if (sequences.length !== ids.length * length) {
      throw new Error(
        `trainer-tfjs: ${ids.length} sequences must have ${length} tokens each, but the data has ${sequences.length} in all`,
      );
    }
    // Check all before writing any: a refused batch leaves the memory unchanged.
    for (const [row, id] of ids.entries()) this.#check(sequences.subarray(row * length, (row + 1) * length), id);
    for (let row = 0; row < ids.length; row++) this.#place(row, sequences.subarray(row * length, (row + 1) * length));
  }

  /** Writes 2 to `context + 1` tokens to the beginning of a row, and zeros after them. */
  put(row: number, tokens: Int32Array): void {
    if (tokens.length < 2 || tokens.length > this.context + 1) {
      throw new Error(`trainer-tfjs: a passage has ${tokens.length} tokens; it must have 2 to ${this.context + 1}`);
    }
    this.#check(tokens);
    for (const array of [this.tokens, this.targets]) array.fill(0, row * this.context, (row + 1) * this.context);
    this.#place(row, tokens);
  }

  #check(tokens: Int32Array, sequence?: number): void {
    const wrong = tokens.find((token) => !(token >= 0 && token < this.vocabulary));
    if (wrong === undefined) return;
    const who = sequence === undefined ? 'a passage' : `sequence ${sequence}`;
    throw new Error(`trainer-tfjs: ${who} has token ${wrong}, but the vocabulary is ${this.vocabulary}`);
  }

  #place(row: number, tokens: Int32Array): void {
    this.tokens.set(tokens.subarray(0, -1), row * this.context);
    this.targets.set(tokens.subarray(1), row * this.context);
  }

  /** Sum of the losses of one sequence at positions `from <= i < to`, in float64. */
  sumOf(row: number, from = 0, to = this.context): number {
    let sum = 0;
    for (let i = row * this.context + from; i < row * this.context + to; i++) sum += this.nll[i]!;
    return sum;
  }

  /** Sum over sequences of loss weight times summed loss. */
  weightedSum(): number {
    let sum = 0;
    for (let row = 0; row < this.sequences; row++) sum += this.#weights[row]! * this.sumOf(row, this.#skip);
    return sum;
  }
}
