/** Logs a run: follows its events and feeds the loggers of the experiment. */
import {
  type ExperimentPlan,
  type LogContext,
  type LogEnd,
  type LoggerDefinition,
  type LogPoint,
  type LogTrack,
  messageOf,
  type RunEmitter,
  rootOf,
  type Segment,
  stepsSinceRoot,
} from '@branchline/core';
import { type PointSource, SinkFeed } from './sink-feed.js';
import { StoredPoints, valuesOf } from './stored-points.js';
import { type PlannedTrack, releaseTrack, TrackBook } from './track-book.js';

/** A logger with validated options. */
export interface OpenableLogger {
  readonly definition: LoggerDefinition;
  readonly options: unknown;
}

/** What a log is about. */
export interface RunLogInput {
  readonly loggers: readonly OpenableLogger[];
  readonly events: RunEmitter;
  readonly context: Omit<LogContext, 'run' | 'signal'>;
  /** Aborted when the user stops the run. */
  readonly signal?: AbortSignal;
}

/** Between two passes, in milliseconds. */
const INTERVAL = 1_000;
/** Points of a track that are kept in memory; older ones are read from the run directory. */
const KEPT = 5_000;
/** For what is left when the user stopped the run, in milliseconds. */
const LAST_WORDS = 3_000;

/** The log of one run. Its loggers never stop the run: what fails becomes a warning. */
export class RunLog implements PointSource {
  readonly releases: { readonly track: LogTrack; readonly point: LogPoint }[] = [];
  readonly #feeds: SinkFeed[] = [];
  readonly #abort = new AbortController();
  readonly #live = new Map<string, LogPoint[]>();
  readonly #byName = new Map<string, PlannedTrack>();
  #tracks: readonly PlannedTrack[] = [];
  #bySegment = new Map<Segment, { readonly name: string; readonly to: number }[]>();
  #plan: ExperimentPlan | undefined;
  #stored: StoredPoints | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #detach: (() => void)[] = [];

  constructor(private readonly input: RunLogInput) {}

  get paths(): readonly LogTrack[] {
    return this.#tracks.map(({ track }) => track);
  }

  /** Follows a plan, which replaces the one before. To be called before its first step, with the directory locked. */
  async attach(plan: ExperimentPlan): Promise<void> {
    try {
      const book = await TrackBook.open(this.input.context.directory);
      this.#tracks = await book.tracksOf(plan);
      this.#plan = plan;
      this.#stored = undefined;
      this.#byName.clear();
      this.#bySegment = new Map();
      for (const planned of this.#tracks) {
        this.#byName.set(planned.track.name, planned);
        for (const { segment, to } of planned.places) {
          const own = this.#bySegment.get(segment) ?? [];
          own.push({ name: planned.track.name, to });
          this.#bySegment.set(segment, own);
        }
      }
      if (this.#feeds.length === 0) this.#start(book.run);
    } catch (error) {
      this.#warn(`nothing is logged: ${messageOf(error)}`);
    }
  }

  /**
   * Writes what is left, and says how the run ended. Bounded: a logger that fails is left, and after a stop there are
   * seconds.
   */
  async finish(end: LogEnd): Promise<void> {
    this.#leave();
    this.#ended = true;
    const { signal } = this.input;
    const giveUp = () => void setTimeout(() => this.#abort.abort(), LAST_WORDS).unref();
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
    this.#stored = undefined;
    await Promise.all(this.#feeds.map((feed) => feed.finish(end)));
    signal?.removeEventListener('abort', giveUp);
  }

  /** Stops at once, without the rest. To be called when a run did not begin or is over; may be called twice. */
  close(): void {
    this.#leave();
    this.#abort.abort();
  }

  #leave(): void {
    for (const detach of this.#detach.splice(0)) detach();
    clearInterval(this.#timer);
  }

  /** Points of a track: first what the run directory has, then what was trained since. */
  async *pointsAfter({ name }: LogTrack, after: number): AsyncGenerator<readonly LogPoint[]> {
    let last = after;
    const { places } = this.#byName.get(name) ?? { places: [] };
    const end = places.length === 0 ? 0 : endOf(places.at(-1)!);
    if (last >= end) return;
    if (!this.#isLive(name, last)) {
      // Read again only where steps were trained since.
      if (this.#live.has(name)) this.#stored = undefined;
      for await (const points of (await this.#storedPoints()).after(places, last)) {
        if (points.length > 0) yield points;
        last = Math.max(last, points.at(-1)?.step ?? 0);
      }
    }
    const live = (this.#live.get(name) ?? []).filter(({ step }) => step > last);
    // Steps between are not stored yet. At the end, they are lost: their record is damaged.
    if (live.length > 0 && (live[0]!.step === last + 1 || this.#ended)) yield live;
  }

  /** Whether the next point of a track is in memory. */
  #isLive(name: string, last: number): boolean {
    const [first] = this.#live.get(name) ?? [];
    return first !== undefined && first.step <= last + 1;
  }

  async #storedPoints(): Promise<StoredPoints> {
    const { graph, info } = this.#plan!;
    this.#stored ??= await StoredPoints.read(this.input.context.directory, graph, info.batch * info.context);
    return this.#stored;
  }

  #start(run: string): void {
    const { loggers, context, events } = this.input;
    for (const { definition, options } of loggers) {
      const open = () => definition.open(options, { ...context, run, signal: this.#abort.signal });
      this.#feeds.push(new SinkFeed(definition.name, open, this, (message) => this.#warn(message)));
    }
    this.#detach.push(
      events.on('step', ({ segment, step, rate, loss, gradNorm }) => this.#step(segment, step, rate, loss, gradNorm)),
      // Jobs of a cluster train without events; their steps are in the directory now.
      events.on('segmentEnd', () => {
        this.#stored = undefined;
      }),
      events.on('release', ({ strategy, seed, version, path, checkpoint, position, loss }) => {
        const { batch, context: length } = this.#plan!.info;
        const values = { loss, position, tokens: position * batch * length };
        const point = { step: version, time: Date.now(), values, labels: { path, checkpoint } };
        this.releases.push({ track: releaseTrack(strategy, seed), point });
      }),
    );
    const pass = () => {
      for (const feed of this.#feeds) void feed.pass();
    };
    pass();
    this.#timer = setInterval(pass, INTERVAL).unref();
  }

  #step(segment: Segment, index: number, rate: number, loss: number, gradNorm: number): void {
    const at = stepsSinceRoot(segment.from) + index;
    const name = this.#bySegment.get(segment)?.find(({ to }) => at < to)?.name;
    if (name === undefined) return;
    const { batch, context } = this.#plan!.info;
    const step = rootOf(segment.from).position + at + 1;
    let points = this.#live.get(name);
    if (points === undefined) this.#live.set(name, (points = []));
    const last = points.at(-1)?.step;
    // Trained again from an earlier state, with the same bits.
    if (last !== undefined && step <= last) return;
    // Another process stored what is between.
    if (last !== undefined && step > last + 1) points.length = 0;
    points.push({ step, time: Date.now(), values: valuesOf(loss, rate, gradNorm, step * batch * context) });
    if (points.length > 2 * KEPT) points.splice(0, KEPT);
  }

  #warn(message: string): void {
    this.input.events.emit('warning', `log: ${message}`);
  }
}

const endOf = ({ segment, to }: PlannedTrack['places'][number]) => rootOf(segment.from).position + to;
