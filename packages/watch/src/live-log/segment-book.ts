/** What a start has trained of each segment, with a bounded number of points for the curves. */
import type { Segment } from '@branchline/core';
import type { LivePoint, PlanLine, SegmentProgress } from './format.js';

/** Points of all segments, besides the last one of each. */
export const MOST_POINTS = 10_000;

/** Six digits are more than a chart shows. */
export const short = (value: number): number => Number(value.toPrecision(6));

/** What is known of a segment. */
interface Progress {
  done: number;
  /** Points to keep, and how many of them are in the file. */
  points: LivePoint[];
  written: number;
}

/** The segments of a plan, by their index in its line. */
export class SegmentBook {
  readonly #indices: ReadonlyMap<Segment, number>;
  readonly #progress: (Progress | undefined)[] = [];
  /** Indices of segments with news. */
  readonly #changed = new Set<number>();
  #stride: number;
  /** Points of all segments. */
  #points = 0;
  #isThinned = false;

  constructor(
    segments: readonly Segment[],
    private readonly plan?: PlanLine,
  ) {
    this.#indices = new Map(segments.map((segment, index) => [segment, index]));
    const missing = (plan?.segments ?? []).reduce((sum, { steps, stored }) => sum + steps - stored, 0);
    this.#stride = Math.max(1, Math.ceil(missing / MOST_POINTS));
  }

  /** Whether points that may be in the file were dropped since all progress was asked for. */
  get isThinned(): boolean {
    return this.#isThinned;
  }

  /** At least so many steps of a segment are trained. Returns its index; undefined if it is not shown. */
  reach(segment: Segment, done: number): number | undefined {
    const found = this.#of(segment);
    if (found === undefined) return undefined;
    found.progress.done = Math.max(found.progress.done, done);
    this.#changed.add(found.index);
    return found.index;
  }

  /** A step of a segment was trained, `done` steps by now. Returns its index; undefined if it is not shown. */
  step(segment: Segment, done: number, loss: number, rate: number): number | undefined {
    // A step that is trained again from an earlier state has the same bits.
    const index = this.reach(segment, done);
    if (index === undefined) return undefined;
    const { points } = this.#progress[index]!;
    const position = segment.from.position + done;
    const last = points.at(-1)?.[0] ?? 0;
    if (position > last && Number.isFinite(loss) && (done % this.#stride === 0 || done === segment.steps)) {
      points.push([position, short(loss), short(rate)]);
      if (++this.#points > MOST_POINTS + this.#indices.size) this.#thin();
    }
    return index;
  }

  /** Progress of all segments, or of those with news, with the points that are new. */
  progress(all: boolean): readonly SegmentProgress[] {
    const segments: SegmentProgress[] = [];
    for (const index of all ? this.#progress.keys() : this.#changed) {
      const progress = this.#progress[index];
      if (progress === undefined) continue;
      segments.push([index, progress.done, all ? progress.points : progress.points.slice(progress.written)]);
      progress.written = progress.points.length;
    }
    this.#changed.clear();
    if (all) this.#isThinned = false;
    return segments;
  }

  #of(segment: Segment): { readonly index: number; readonly progress: Progress } | undefined {
    const index = this.#indices.get(segment);
    if (index === undefined) return undefined;
    const stored = this.plan?.segments[index]?.stored ?? 0;
    const progress = (this.#progress[index] ??= { done: stored, points: [], written: 0 });
    return { index, progress };
  }

  /** Keeps every second point. */
  #thin(): void {
    this.#stride *= 2;
    this.#points = 0;
    for (const [segment, index] of this.#indices) {
      const progress = this.#progress[index];
      if (progress === undefined) continue;
      const { position } = segment.from;
      progress.points = progress.points.filter(
        ([at]) => (at - position) % this.#stride === 0 || at - position === segment.steps,
      );
      this.#points += progress.points.length;
    }
    this.#isThinned = true;
  }
}
