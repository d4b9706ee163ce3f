import type { Decoding } from '@branchline/core';
import { headSize, type ModelSpec, parameterTable } from '@branchline/model';
import { cacheShape } from './continue-program.js';
import type { Runnable } from './engine.js';
import { type TfjsState, views } from './state.js';

/** Tokens of the program for many: a long prompt is read in chunks of this size, and the rest token by token. */
export const CHUNK = 32;

/** Finds the program that appends `rows` tokens: 1 or `CHUNK`. */
export type Programs = (rows: number) => Promise<Runnable>;

/** A text with the keys and values of its tokens in host memory. */
export class TfjsDecoding implements Decoding {
  readonly #weights: readonly Float32Array[];
  /** Keys and values of each layer, in turn: `[kvHeads, context, size]`. */
  readonly #cache: readonly Float32Array[];
  readonly #logits: Float32Array;
  readonly #position = new Int32Array(1);
  /** New keys and values, by number of rows. */
  readonly #added = new Map<number, readonly Float32Array[]>();
  #disposed = false;

  /** @param run the engine runs one program at a time */
  constructor(
    private readonly spec: ModelSpec,
    state: TfjsState,
    private readonly programs: Programs,
    private readonly run: (work: () => Promise<void>) => Promise<void>,
  ) {
    // A copy, because ONNX Runtime accepts no shared memory.
    this.#weights = views(parameterTable(spec), Float32Array.from(state.weights));
    const elements = cacheShape(spec).reduce((product, size) => product * size, 1);
    this.#cache = Array.from({ length: 2 * spec.layers }, () => new Float32Array(elements));
    this.#logits = new Float32Array(spec.vocabulary);
  }

  async append(tokens: Int32Array): Promise<Float32Array> {
    this.#check(tokens);
    for (let done = 0; done < tokens.length; ) {
      const rows = tokens.length - done >= CHUNK ? CHUNK : 1;
      await this.#step(tokens.slice(done, done + rows));
      done += rows;
    }
    return this.#logits;
  }

  async #step(tokens: Int32Array): Promise<void> {
    const rows = tokens.length;
    const program = await this.programs(rows);
    const added = this.#added.get(rows) ?? this.#cache.map(() => new Float32Array(this.#sizeOf(rows)));
    this.#added.set(rows, added);
    await this.run(() =>
      program.run([tokens, this.#position, ...this.#cache, ...this.#weights], [this.#logits, ...added]),
    );
    for (const [index, values] of added.entries()) this.#keep(values, this.#cache[index]!, rows);
    this.#position[0]! += rows;
  }

  /** Copies new rows of all heads behind the cached ones. */
  #keep(added: Float32Array, cache: Float32Array, rows: number): void {
    const size = headSize(this.spec);
    for (let head = 0; head < this.spec.kvHeads; head++) {
      const own = added.subarray(head * rows * size, (head + 1) * rows * size);
      cache.set(own, (head * this.spec.context + this.#position[0]!) * size);
    }
  }

  #sizeOf(rows: number): number {
    return this.spec.kvHeads * rows * headSize(this.spec);
  }

  #check(tokens: Int32Array): void {
    const { context, vocabulary } = this.spec;
    if (this.#disposed) throw new Error('trainer-tfjs: this text was disposed of');
    if (tokens.length === 0) throw new RangeError('trainer-tfjs: a text is continued by at least one token');
    const wrong = tokens.find((token) => !(token >= 0 && token < vocabulary));
    if (wrong !== undefined) throw new RangeError(`trainer-tfjs: there is no token ${wrong}, only ${vocabulary}`);
    const length = this.#position[0]! + tokens.length;
    if (length > context) throw new RangeError(`trainer-tfjs: ${length} tokens exceed the context of ${context}`);
  }

  dispose(): Promise<void> {
    this.#disposed = true;
    return Promise.resolve();
  }
}
