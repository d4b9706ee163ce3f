/** Brings the points of a run to one sink, in the background. A sink that is down stops nothing and catches up. */
import { type LogEnd, type LogPoint, type LogSink, type LogTrack, messageOf } from '@branchline/core';

/** Where a feed gets its points. */
export interface PointSource {
  /** Tracks of steps, parents first. */
  readonly paths: readonly LogTrack[];
  /** Points of a track after `last`, in order, in batches. */
  pointsAfter(track: LogTrack, last: number): AsyncIterable<readonly LogPoint[]>;
  /** Releases so far. */
  readonly releases: readonly { readonly track: LogTrack; readonly point: LogPoint }[];
}

/** Points of one call of `write`, at most: MLflow takes 1000 values in a request, those of tags included. */
const BATCH = 200;
/** Between two attempts while a sink fails, in milliseconds: doubled each time. */
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

export class SinkFeed {
  #sink: LogSink | undefined;
  /** Step of the last point that the sink has, by track. Absent: not asked yet, or not known after an error. */
  readonly #last = new Map<string, number>();
  /** Releases that the sink has. */
  readonly #released = new Set<LogPoint>();
  #warned = false;
  #wait = FIRST_WAIT;
  #notBefore = 0;
  #running: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly open: () => Promise<LogSink>,
    private readonly source: PointSource,
    private readonly warn: (message: string) => void,
  ) {}

  /** Writes what the sink lacks, unless a pass is running or the sink failed a moment ago. Never rejects. */
  async pass(): Promise<void> {
    if (this.#running !== undefined || Date.now() < this.#notBefore) return;
    await this.#start();
  }

  /** Writes the rest, and says how the run ended. Gives up at the first error. Never rejects. */
  async finish(end: LogEnd): Promise<void> {
    await this.#running;
    const done = await this.#start(async (sink) => sink.finish?.(end));
    if (!done) this.warn(`${this.name} lacks points of this run; the same command adds them when it works again`);
  }

  #start(after: (sink: LogSink) => Promise<void> = async () => undefined): Promise<boolean> {
    const work = this.#attempt(after);
    this.#running = work.then(() => {
      this.#running = undefined;
    });
    return work;
  }

  async #attempt(after: (sink: LogSink) => Promise<void>): Promise<boolean> {
    try {
      this.#sink ??= await this.open();
      await this.#write(this.#sink);
      await after(this.#sink);
      this.#wait = FIRST_WAIT;
      return true;
    } catch (error) {
      if (!this.#warned) this.warn(`${this.name}: ${messageOf(error)}; training continues, and it is tried again`);
      this.#warned = true;
      this.#notBefore = Date.now() + this.#wait;
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
      return false;
    }
  }

  async #write(sink: LogSink): Promise<void> {
    for (const track of this.source.paths) {
      const { name } = track;
      let last = this.#last.get(name);
      // After an error it is not known what arrived.
      this.#last.delete(name);
      last ??= (await sink.lastStep(track)) ?? track.begin;
      for await (const points of this.source.pointsAfter(track, last)) {
        for (let begin = 0; begin < points.length; begin += BATCH) {
          const batch = points.slice(begin, begin + BATCH);
          await sink.write(track, batch);
          last = batch.at(-1)!.step;
        }
      }
      this.#last.set(name, last);
    }
    for (const { track, point } of this.source.releases) {
      if (this.#released.has(point)) continue;
      if (!(await sink.hasRelease(track, point))) await sink.write(track, [point]);
      this.#released.add(point);
    }
  }
}
