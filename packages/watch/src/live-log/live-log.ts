/** Writes `live.jsonl`: follows the events of a run, and appends what is new once a second at most. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BranchlineError,
  type Digest,
  describeDiskError,
  type ExperimentPlan,
  type Failure,
  isDiskFull,
  messageOf,
  type RunEmitter,
  type Segment,
  writeFileAtomic,
} from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { firstLineOf } from './first-line.js';
import {
  type BeginLine,
  type EndLine,
  LIVE_LOG,
  type LiveLine,
  lineOf,
  type MessageLine,
  type PlanLine,
  type ReleaseLine,
} from './format.js';
import { LaneBook } from './lane-book.js';
import { planLine } from './plan-line.js';
import { SegmentBook, short } from './segment-book.js';

/** Time and timers of a live log; tests have their own. */
export interface Timing {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `work` at intervals until the returned function is called. */
  readonly every: (milliseconds: number, work: () => void) => () => void;
}

const SYSTEM: Timing = {
  now: Date.now,
  every: (milliseconds, work) => {
    const timer = setInterval(work, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/** What a live log is about. */
export interface LiveLogInput {
  /** The run directory, or the folder of a job. */
  readonly directory: string;
  readonly events: RunEmitter;
  readonly experiment: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** The device that trains, as the ledger names it. */
  readonly device: string;
  /** Number of lanes. */
  readonly lanes: number;
  readonly timing?: Timing;
}

/** Least time between two appends, in milliseconds. */
const INTERVAL = 1_000;
/** After so long without news, a sign of life is written. */
const ALIVE = 5_000;
/** After a failed write, the file is tried again after so long. */
const RETRY = 60_000;
/** Releases are assembled again after so long at least, and for this share of the time at most. */
const RELEASES_APART = 2_000;
const RELEASES_SHARE = 0.02;

/** Messages that are kept, and characters of each. */
const MOST_MESSAGES = 100;
const MOST_CHARACTERS = 1_000;
/** Samples of the pace that are kept. */
const MOST_SAMPLES = 120;
/** After so many bytes, the file is written again in short. */
const MOST_APPENDED = 1_000_000;
/**
 * Most bytes of a file besides its plan and its releases, whose size the plan bounds, and besides 100 bytes for each
 * segment.
 */
export const MOST_BYTES = 3_000_000;

/**
 * The live log of one start of a run. A file that cannot be written never stops the run: one warning says so, and what
 * watches the run sees less.
 */
export class LiveLog {
  readonly #path: string;
  readonly #timing: Timing;
  readonly #start = randomUUID();
  #begun = 0;
  readonly #detach: (() => void)[] = [];
  readonly #lanes: LaneBook;
  /** Settles when nothing is being written. */
  #turn: Promise<void> = Promise.resolve();
  #file: FileHandle | undefined;
  #appended = 0;
  #plan: PlanLine | undefined;
  #segments = new SegmentBook([]);
  #trained = 0;
  #samples: [number, number][] = [];
  #messages: MessageLine[] = [];
  readonly #releases = new Map<string, ReleaseLine>();
  #end: EndLine | undefined;
  /** Lines that are not in the file yet. */
  #pending: LiveLine[] = [];
  #news = false;
  #soFar: (() => Promise<Results>) | undefined;
  #released = false;
  #nextReleases = 0;
  #lastWrite = 0;
  #retryAt: number | undefined;
  #warned = false;
  #beating = false;
  #busy = false;
  #closed = false;
  /** Whether this start has a file. */
  #isBegun = false;

  constructor(private readonly input: LiveLogInput) {
    this.#path = join(input.directory, LIVE_LOG);
    this.#timing = input.timing ?? SYSTEM;
    this.#lanes = new LaneBook(input.lanes);
    const { events } = input;
    this.#detach.push(
      events.on('segmentStart', ({ segment, resumedAt }) => this.#segmentStart(segment, resumedAt)),
      events.on('step', ({ segment, step, loss, rate }) => this.#step(segment, step, loss, rate)),
      events.on('segmentEnd', ({ segment }) => this.#segmentEnd(segment)),
      events.on('release', () => {
        this.#released = true;
      }),
      events.on('warning', (text) => this.#message('warn', text)),
      events.on('log', (level, text) => this.#message(level, text)),
    );
  }

  /**
   * Follows a plan, which replaces the one before; the first one begins a new file. To be called before the first step
   * of the plan, by the process that holds the lock. `soFar`: assembles partial results. Never throws.
   */
  attach(plan: ExperimentPlan, soFar: () => Promise<Results>): Promise<void> {
    return this.#attach(plan, plan.graph.segments(), soFar);
  }

  /** Follows a job, which makes one state of a plan: from its first step on, when it holds the lock of its folder. */
  attachJob(plan: ExperimentPlan, state: Digest): void {
    const segments = plan.graph.segments().filter(({ to }) => to.key === state);
    const detach = this.input.events.on('segmentStart', ({ segment, resumedAt }) => {
      detach();
      void this.#attach(plan, segments).then(() => this.#segmentStart(segment, resumedAt));
    });
    this.#detach.push(detach);
  }

  async #attach(plan: ExperimentPlan, segments: readonly Segment[], soFar?: () => Promise<Results>): Promise<void> {
    await this.#safely(async () => {
      if (this.#plan === undefined) this.#begun = this.#timing.now();
      const { directory } = this.input;
      const time = this.#timing.now();
      const line = await planLine({ directory, plan, segments, time, ...(soFar && { soFar }) });
      this.#segments = new SegmentBook(segments, line);
      this.#lanes.clear();
      this.#soFar = soFar;
      this.#plan = line;
      for (const { name, release } of (line.results?.strategies ?? []).flatMap(({ name, releases }) =>
        releases.map((release) => ({ name, release })),
      )) {
        // What the plan has need not be repeated.
        this.#releases.delete(idOf(name, release));
      }
      await this.#writeAll();
      if (this.#detach.length > 0 && !this.#closed) this.#beat();
    });
  }

  /** Says how the run ended. To be called while the directory is locked, with its failures. Never throws. */
  async finish(failures?: readonly Failure[]): Promise<void> {
    const outcome = failures === undefined ? 'stopped' : failures.length === 0 ? 'finished' : 'failed';
    const about = failures?.map(({ error }) => error.message).join('\n');
    await this.#say({ type: 'end', time: this.#timing.now(), outcome, ...(about && { about: cut(about) }) });
  }

  /** Says which error ended the run, and stops. Writes into the file of this start alone. Never throws. */
  async fail(error: unknown): Promise<void> {
    if (this.#plan !== undefined) {
      const stopped = isStop(error);
      const about = error instanceof BranchlineError ? error.message : messageOf(error);
      const outcome = stopped ? 'stopped' : 'failed';
      await this.#say({ type: 'end', time: this.#timing.now(), outcome, about: cut(about) });
    }
    await this.close();
  }

  /** Stops. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const detach of this.#detach.splice(0)) detach();
    await this.#turn;
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #say(line: EndLine): Promise<void> {
    if (this.#plan === undefined) return;
    this.#end = line;
    this.#pending.push(line);
    this.#news = true;
    await this.#safely(() => this.#write());
  }

  #segmentStart(segment: Segment, resumedAt: number): void {
    const index = this.#segments.reach(segment, resumedAt);
    if (index === undefined) return;
    this.#lanes.begin(index, this.#timing.now());
    this.#news = true;
  }

  #step(segment: Segment, step: number, loss: number, rate: number): void {
    this.#trained++;
    const done = step + 1;
    const index = this.#segments.step(segment, done, loss, rate);
    if (index === undefined) return;
    this.#lanes.step(index, { done, loss: short(loss), rate: short(rate) }, this.#timing.now());
    // Points were dropped: the file is written again.
    if (this.#segments.isThinned) this.#appended = Number.POSITIVE_INFINITY;
    this.#news = true;
  }

  #segmentEnd(segment: Segment): void {
    const index = this.#segments.reach(segment, segment.steps);
    if (index === undefined) return;
    this.#lanes.end(index);
    this.#news = true;
  }

  #message(level: MessageLine['level'], text: string): void {
    const line: MessageLine = { type: 'message', time: this.#timing.now(), level, text: cut(text) };
    this.#messages.push(line);
    if (this.#messages.length > MOST_MESSAGES) this.#messages.shift();
    this.#pending.push(line);
    if (this.#pending.length > 2 * MOST_MESSAGES) this.#pending.splice(0, MOST_MESSAGES);
    this.#news = true;
  }

  /** Begins the regular writes, once. */
  #beat(): void {
    if (this.#beating) return;
    this.#beating = true;
    this.#detach.push(
      this.#timing.every(INTERVAL, () => {
        // A write that takes long is not followed by more of them.
        if (this.#busy || this.#closed) return;
        this.#busy = true;
        void this.#safely(() => this.#regular()).finally(() => {
          this.#busy = false;
        });
      }),
    );
  }

  async #regular(): Promise<void> {
    const now = this.#timing.now();
    if (this.#retryAt !== undefined) {
      if (now < this.#retryAt) return;
      await this.#writeAll();
      return;
    }
    if (this.#released && now >= this.#nextReleases) await this.#assembleReleases();
    if (!this.#news && now - this.#lastWrite >= ALIVE) this.#pending.push({ type: 'alive', time: now });
    await this.#write();
  }

  /** Adds the releases that exist by now, with their evaluations. */
  async #assembleReleases(): Promise<void> {
    if (this.#soFar === undefined || this.#end !== undefined) return;
    this.#released = false;
    const begin = this.#timing.now();
    const known = new Set(releasesIn(this.#plan!.results));
    const { strategies } = await this.#soFar();
    for (const { name, releases } of strategies) {
      for (const release of releases) {
        const id = idOf(name, release);
        if (known.has(id) || this.#releases.has(id)) continue;
        const line: ReleaseLine = { type: 'release', time: begin, strategy: name, release };
        this.#releases.set(id, line);
        this.#pending.push(line);
      }
    }
    const end = this.#timing.now();
    this.#nextReleases = end + Math.max(RELEASES_APART, (end - begin) / RELEASES_SHARE);
  }

  /** Appends what is new. */
  async #write(): Promise<void> {
    const lines = this.#pending.splice(0);
    if (this.#news) lines.unshift(this.#stepsLine(false));
    this.#news = false;
    if (lines.length === 0) return;
    if (this.#file === undefined || this.#appended > MOST_APPENDED) return this.#writeAll();
    const text = lines.map(lineOf).join('');
    this.#appended += Buffer.byteLength(text);
    this.#lastWrite = this.#timing.now();
    await this.#file.appendFile(text);
  }

  /** Replaces the file by a short one with everything that is known. */
  async #writeAll(): Promise<void> {
    if (this.#plan === undefined) return;
    if (this.#isBegun && !(await this.#isOwn())) {
      // The lock was lost, and another process began its file.
      this.#closed = true;
      return;
    }
    this.#pending = [];
    this.#news = false;
    this.#retryAt = undefined;
    const { experiment, command, device } = this.input;
    const begin: BeginLine = {
      ...{ type: 'begin', format: 1, id: randomUUID(), start: this.#start, time: this.#begun },
      ...{ experiment, command, device },
    };
    const lines: LiveLine[] = [
      begin,
      this.#plan,
      ...this.#releases.values(),
      ...(this.#samples.length > 0 ? [{ type: 'pace' as const, samples: this.#samples }] : []),
      this.#stepsLine(true),
      ...this.#messages,
      ...(this.#end === undefined ? [] : [this.#end]),
    ];
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
    await writeFileAtomic(this.#path, lines.map(lineOf).join(''));
    this.#appended = 0;
    this.#lastWrite = this.#timing.now();
    this.#file = await open(this.#path, 'a');
    this.#isBegun = true;
  }

  /** Whether the file is of this start, or missing. */
  async #isOwn(): Promise<boolean> {
    const first = await firstLineOf(this.#path);
    return first === undefined || first.start === this.#start;
  }

  #stepsLine(all: boolean): LiveLine {
    const time = this.#timing.now();
    const segments = this.#segments.progress(all);
    this.#sample(time);
    return { type: 'steps', time, trained: this.#trained, segments, lanes: this.#lanes.progress() };
  }

  /** Notes the pace. Of many samples, every second one is dropped, the latest last. */
  #sample(time: number): void {
    if (this.#samples.at(-1)?.[1] === this.#trained) return;
    this.#samples.push([time, this.#trained]);
    if (this.#samples.length <= MOST_SAMPLES) return;
    const half = MOST_SAMPLES / 2;
    this.#samples = this.#samples.filter((_, index) => index >= half || index % 2 === 0);
  }

  /** Does work that must not stop the run, one after the other. */
  #safely(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#retryAt = this.#timing.now() + RETRY;
      const file = this.#file;
      this.#file = undefined;
      void file?.close().catch(() => undefined);
      if (this.#warned) return;
      this.#warned = true;
      const what = describeDiskError(error)?.what ?? messageOf(error);
      const message = `${this.#path} could not be written: ${what}. The run continues; what watches it sees less`;
      this.input.events.emit('warning', message);
    });
    return this.#turn;
  }
}

const idOf = (strategy: string, { seed, version }: { readonly seed: number; readonly version: number }) =>
  `${strategy}/${seed}/${version}`;

const releasesIn = (results: Results | undefined): readonly string[] =>
  (results?.strategies ?? []).flatMap(({ name, releases }) => releases.map((release) => idOf(name, release)));

const cut = (text: string) => (text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}...`);

/** Whether a run was stopped: by the user, the budget, a full disk or another process. */
function isStop(error: unknown): boolean {
  if (!(error instanceof BranchlineError)) return isDiskFull(error);
  return ['interrupted', 'budget', 'locked'].includes(error.code) || isDiskFull(error.cause);
}
