/** Losses of steps that were trained before the live log began, from the records of training chunks. */
import { join } from 'node:path';
import { ChunkStore, type Digest, type LedgerEntry } from '@branchline/core';
import type { PlanLine } from '../live-log/format.js';

/** Records that are read at once; the others come with the next calls. */
const RECORDS = 100;
/** Points of all segments, roughly. */
const MOST_POINTS = 20_000;

/** A stored step: its position and loss. */
export type StoredPoint = readonly [position: number, loss: number];

interface Wanted {
  readonly entry: LedgerEntry;
  readonly segment: number;
  /** Position of the last step of the chunk. */
  readonly end: number;
}

/** The stored losses of a plan, read little by little. */
export class StoredLosses {
  readonly #chunks: ChunkStore;
  #plan: PlanLine | undefined;
  #wanted: Wanted[] = [];
  #points: StoredPoint[][] = [];
  #stride = 1;

  constructor(directory: string) {
    this.#chunks = ChunkStore.look(join(directory, 'stretches'));
  }

  /** Stored points of a segment as far as they were read, ascending. */
  of(segment: number): readonly StoredPoint[] {
    return this.#points[segment] ?? [];
  }

  /** Reads some more records. `byEnd`: the latest training that ends in a state. */
  async read(plan: PlanLine, byEnd: ReadonlyMap<Digest, LedgerEntry>): Promise<void> {
    if (plan !== this.#plan) this.#begin(plan, byEnd);
    for (const { entry, segment, end } of this.#wanted.splice(0, RECORDS)) {
      const record = await this.#chunks.recordOf(entry.id);
      if (record !== undefined) this.#take(plan, record.loss, segment, end);
    }
  }

  #begin(plan: PlanLine, byEnd: ReadonlyMap<Digest, LedgerEntry>): void {
    this.#plan = plan;
    this.#points = plan.segments.map(() => []);
    this.#wanted = [];
    const stored = plan.segments.reduce((sum, segment) => sum + segment.stored, 0);
    this.#stride = Math.max(1, Math.ceil(stored / MOST_POINTS));
    const seen = new Set<Digest>();
    // From the ends of paths back: a chunk can span segments that an earlier plan did not divide.
    for (let index = plan.segments.length - 1; index >= 0; index--) {
      const { begin, stored: steps, key, at } = plan.segments[index]!;
      if (steps === 0) continue;
      let entry = byEnd.get(at ?? key);
      let [segment, end]: [number | undefined, number] = [index, begin + steps];
      while (entry !== undefined && segment !== undefined && !seen.has(entry.id)) {
        seen.add(entry.id);
        this.#wanted.push({ entry, segment, end });
        end -= entry.steps;
        while (segment !== undefined && end <= plan.segments[segment]!.begin) segment = plan.segments[segment]!.after;
        entry = byEnd.get(entry.from);
      }
    }
  }

  /** Puts the losses of a chunk into the segments that it spans. */
  #take(plan: PlanLine, losses: readonly number[], last: number, end: number): void {
    const found = new Map<number, StoredPoint[]>();
    let segment: number | undefined = last;
    for (let index = losses.length - 1; index >= 0 && segment !== undefined; index--) {
      const position = end - (losses.length - 1 - index);
      while (segment !== undefined && position <= plan.segments[segment]!.begin)
        segment = plan.segments[segment]!.after;
      if (segment === undefined) break;
      const { begin, steps } = plan.segments[segment]!;
      const isLast = position === begin + steps;
      if ((position % this.#stride !== 0 && !isLast) || !Number.isFinite(losses[index])) continue;
      const own = found.get(segment) ?? [];
      own.push([position, losses[index]!]);
      found.set(segment, own);
    }
    for (const [at, points] of found) {
      const known = new Map(this.#points[at]);
      for (const [position, loss] of points) known.set(position, loss);
      this.#points[at] = [...known].sort((a, b) => a[0] - b[0]);
    }
  }
}
