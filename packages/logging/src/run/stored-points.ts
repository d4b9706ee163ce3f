/** Steps of earlier training, from the ledger and the records of training chunks of a run directory. */
import { join } from 'node:path';
import {
  ChunkStore,
  Ledger,
  type LogPoint,
  type RunGraph,
  rateAt,
  rootOf,
  type Segment,
  stepsSinceRoot,
} from '@branchline/core';
import { type Covered, coverage, type Stretch } from './cover.js';
import type { Place } from './track-book.js';

interface Chunk extends Stretch {
  readonly time: string;
  readonly deviceSeconds: number;
}

/** The stored steps of a plan, as they were when this was read. */
export class StoredPoints {
  private constructor(
    private readonly covered: ReadonlyMap<Segment, readonly Covered<Chunk>[]>,
    private readonly chunks: ChunkStore,
    private readonly tokensPerStep: number,
  ) {}

  /** Reads what a run directory has of a graph. A ledger that is damaged counts as empty: the run repairs it. */
  static async read(directory: string, graph: RunGraph, tokensPerStep: number): Promise<StoredPoints> {
    const entries = await Ledger.read(join(directory, 'ledger.jsonl')).catch(() => []);
    const chunks = entries
      .filter(({ kind }) => kind === 'train')
      .map(({ root, at, steps, to: key, time, deviceSeconds }) => {
        return { root, begin: at - steps, end: at, key, time, deviceSeconds };
      });
    return new StoredPoints(coverage(graph, chunks), ChunkStore.look(join(directory, 'stretches')), tokensPerStep);
  }

  /**
   * Stored points after `last` steps, in order, chunk by chunk. Steps whose record is missing are left out. Positions
   * count from where the weights were initialized.
   */
  async *after(places: readonly Place[], last: number): AsyncGenerator<readonly LogPoint[]> {
    for (const { segment, from, to } of places) {
      const offset = rootOf(segment.from).position;
      for (const chunk of this.covered.get(segment) ?? []) {
        const begin = Math.max(chunk.from, from, last - offset);
        const end = Math.min(chunk.to, to);
        if (begin < end) yield this.#pointsOf(chunk.stretch, segment, begin, end);
      }
    }
  }

  async #pointsOf(chunk: Chunk, segment: Segment, begin: number, end: number): Promise<readonly LogPoint[]> {
    const record = await this.chunks.recordOf(chunk.key);
    if (record === undefined) return [];
    const steps = chunk.end - chunk.begin;
    const offset = rootOf(segment.from).position;
    const done = Date.parse(chunk.time);
    return Array.from({ length: end - begin }, (_, index) => {
      const at = begin + index;
      const inside = at - chunk.begin;
      const step = offset + at + 1;
      return {
        step,
        time: Math.round(done - (1000 * chunk.deviceSeconds * (steps - 1 - inside)) / steps),
        values: valuesOf(
          record.loss[inside]!,
          rateOf(segment, at - stepsSinceRoot(segment.from)),
          record.gradNorm[inside]!,
          step * this.tokensPerStep,
        ),
      };
    });
  }
}

/** The learning rate of a step of a segment, from 0. */
export function rateOf(segment: Segment, step: number): number {
  let left = step;
  for (const { rate } of segment.ranges) {
    if (left < rate.steps) return rateAt(rate, left);
    left -= rate.steps;
  }
  throw new RangeError(`a segment of ${segment.steps} steps has no step ${step}`);
}

/** The values of a step. Records have null for a norm that is not finite; such a norm is left out. */
export function valuesOf(loss: number, rate: number, gradNorm: number | null, tokens: number): LogPoint['values'] {
  const values = { loss, learning_rate: rate, tokens };
  return gradNorm !== null && Number.isFinite(gradNorm) ? { ...values, grad_norm: gradNorm } : values;
}
