import { setImmediate } from 'node:timers/promises';
import type { OptimizerSpec } from '@branchline/core';
import { type ModelSpec, parameterCount, parameterTable } from '@branchline/model';
import { traceModel } from '@branchline/tfjs-jit';
import { Batch, shared } from '../batch.js';
import { program } from '../decoder.js';
import { distilProgram, type Teaching } from '../distil-program.js';
import type { Evaluation, Training } from '../engine.js';
import { type AdamwStep, segmentsOf } from '../optimizer/adamw.js';
import { blocksOf, normOf, shareOf } from '../optimizer/gradient.js';
import { type TfjsState, views } from '../state.js';
import type { Pool } from './pool.js';
import { PIECE, type Shard } from './protocol.js';

/**
 * Parts into which a batch is cut. It decides bits, so it depends only on the size of the batch; the gradients of two
 * parts can be added in either order. Two parts are faster even with one thread, because their arrays fit into caches.
 */
const SHARDS = 2;

/** Workers of a pool, and threads inside the operators of each worker. */
export interface Threads {
  readonly workers: number;
  readonly each: number;
}

/** Distributes a number of threads. */
export function divide(threads: number): Threads {
  const workers = Math.min(SHARDS, threads);
  return { workers, each: Math.floor(threads / workers) };
}

/** One program in all workers of a pool: training steps if it has an optimizer, else evaluations. */
export class Sharded implements Training, Evaluation {
  #bound: TfjsState | undefined;

  private constructor(
    readonly batch: Batch,
    private readonly pool: Pool,
    private readonly id: number,
    private readonly squares: Float64Array,
    /** Calls in which the workers exchange a gradient. */
    private readonly rounds: number,
    readonly teacher?: Float32Array,
  ) {}

  /**
   * Traces the program for one shard and loads it in every worker.
   *
   * @param id unique in the pool
   * @param threads inside the operators of each worker
   */
  static async create(
    pool: Pool,
    id: number,
    threads: number,
    spec: ModelSpec,
    sequences: number,
    training?: { readonly optimizer: OptimizerSpec; readonly teaching?: Teaching },
  ): Promise<Sharded> {
    const { optimizer, teaching } = training ?? {};
    const count = Math.min(SHARDS, sequences);
    // Shards have equal sizes: an odd batch gets a padding row with weight 0.
    const rows = Math.ceil(sequences / count);
    const batch = new Batch(sequences, spec.context, spec.vocabulary, count * rows, teaching !== undefined);
    const own = teaching && distilProgram(spec, rows, teaching);
    const { fn, inputs } = own ?? program(optimizer ? 'train' : 'evaluate', spec, rows);
    const table = teaching && parameterTable(teaching.teacher);
    const teacher = table && shared(Float32Array, parameterCount(teaching.teacher));
    const model = traceModel(fn, inputs);
    const segments = segmentsOf(parameterTable(spec), optimizer?.groups);
    const size = segments.at(-1)!.end;
    const shards = Array.from({ length: count }, (_, index): Shard => {
      const { tokens, targets, factors, distilled, nll } = batch.part(index * rows, (index + 1) * rows);
      const taught = table && [distilled, ...views(table, teacher!)];
      return { inputs: [tokens, targets, ...(optimizer ? [factors] : []), ...(taught ?? [])], nll };
    });
    const squares = shared(Float64Array, blocksOf(size));
    const ranges = Array.from({ length: pool.size }, (_, worker) => shareOf(size, worker, pool.size));
    const rounds = pool.size === 1 ? 1 : Math.max(1, ...ranges.map(({ from, to }) => Math.ceil((to - from) / PIECE)));
    const arrays = () => (pool.size === 1 ? [] : ranges.map(() => shared(Float32Array, ranges.length * PIECE)));
    const exchange = [arrays(), arrays()] as const;
    const work = optimizer && { optimizer: { exchange, squares, segments, spec: optimizer, ranges } };
    await pool.call((worker) => {
      const assigned = shards.filter((_, index) => index % pool.size === worker);
      const data = shards[0]!.inputs.length;
      return { kind: 'load', program: id, worker, model, data, threads, shards: assigned, ...work };
    });
    return new Sharded(batch, pool, id, squares, rounds, teacher);
  }

  async run(state: TfjsState): Promise<void> {
    // Small models reply so fast that timers and signals would be starved.
    await setImmediate();
    if (this.#bound !== state) {
      const { weights, first, second } = state;
      await this.pool.call(() => ({ kind: 'bind', program: this.id, slots: { weights, first, second } }));
      this.#bound = state;
    }
    await this.pool.call(() => ({ kind: 'run', program: this.id }));
  }

  async gradient(state: TfjsState): Promise<number> {
    await this.run(state);
    for (let round = 0; round < this.rounds; round++) {
      await this.pool.call(() => ({ kind: 'gather', program: this.id, round }));
    }
    return normOf(this.squares);
  }

  async update(step: AdamwStep): Promise<void> {
    await this.pool.call(() => ({ kind: 'update', program: this.id, step }));
  }

  /** Drops the references to the state, so that its memory can be freed. */
  async release(): Promise<void> {
    this.#bound = undefined;
    await this.pool.call(() => ({ kind: 'bind', program: this.id }));
  }

  dispose(): Promise<void> {
    return this.pool.call(() => ({ kind: 'unload', program: this.id }));
  }
}
