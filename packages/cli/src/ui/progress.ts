/**
 * Progress of a run on standard error: a few lines that are redrawn on a terminal, occasional plain lines elsewhere.
 */
import { stripVTControlCharacters } from 'node:util';
import type { ExperimentEvent, ExperimentListener } from '@branchline/api';
import type { Segment } from '@branchline/core';
import type { DataProgress } from '@branchline/data';
import { Pace } from '@branchline/watch';
import { createLogUpdate } from 'log-update';
import { compact, duration, percent, plural, short, whole } from './format.js';
import { printable } from './printable.js';
import { type Style, styleFor } from './style.js';

/** Interval between redraws of a terminal. */
const REDRAW_MS = 100;
/** Interval between plain lines. */
const PLAIN_MS = 5_000;
const BAR = 24;

const PHASES = { text: 'reading text', trainer: 'loading the trainer', plan: 'planning' } as const;

/** Output for progress: standard error, or a fake in tests. */
export type Output = NodeJS.WriteStream;

/** Shows the progress of one command. */
export class Progress {
  readonly #output: Output;
  readonly #style: Style;
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #phase = '';
  #detail = '';
  #lastDrawn = Number.NEGATIVE_INFINITY;
  #lastPlain = Number.NEGATIVE_INFINITY;
  #training: Training | undefined;
  /** Of the whole command: a replan changes what is left, not how fast it goes. */
  #pace = new Pace();
  /** Whether the run has several seeds. */
  #several = false;
  readonly #now: () => number;

  constructor(output: Output = process.stderr, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#style = styleFor(output);
    // Some terminals do not report their size; nothing can be redrawn there.
    this.#live = output.isTTY && output.columns > 0 && output.rows !== 0 ? createLogUpdate(output) : undefined;
    this.#now = now;
  }

  /** Starts a phase such as "reading text". */
  phase(name: string): void {
    this.#phase = name;
    this.#detail = '';
    this.#training = undefined;
    if (this.#live) this.#draw(true);
    else this.line(name);
  }

  /** Shows how much of a countable work is done. */
  count(what: string, done: number, of: number): void {
    this.#phase = what;
    this.#detail = `${whole(done)} of ${whole(of)}`;
    this.#draw();
  }

  /** Listener for `prepareData`. */
  readonly onData = ({ stage, message, done, total }: DataProgress): void => {
    if (stage === 'damaged' || stage === 'skipped' || stage === 'order') {
      this.warn(message);
      return;
    }
    const share = done !== undefined && total ? ` (${percent(done / total)})` : '';
    this.#detail = `${printable(message)}${share}`;
    this.#draw();
  };

  /** Listener for `bench` and `plan`. */
  readonly onEvent: ExperimentListener = (event) => {
    switch (event.type) {
      case 'phase':
        return this.phase(PHASES[event.phase]);
      case 'data':
        return this.onData(event);
      case 'checkpoint':
        this.#phase = 'reading the checkpoint';
        this.#detail = percent(event.bytes / event.of);
        return this.#draw();
      case 'stored':
        this.#pace = new Pace(event.missingTime?.tokensPerSecond);
        return;
      case 'runStart':
      case 'replan':
        return this.#start(event);
      case 'segmentStart':
        if (event.resumedAt > 0) {
          this.line(`continuing a segment from a state stored after ${plural(event.resumedAt, 'step')} of it`);
        }
        this.#training?.begin(event.segment);
        return this.#draw();
      case 'segmentEnd':
        return this.#training?.end(event.segment);
      case 'step':
        this.#training?.step(this.#now(), event);
        return this.#draw();
      case 'release':
        return this.#release(event);
      case 'warning':
        return this.warn(event.message);
      case 'log':
        return event.level === 'warn' ? this.warn(event.message) : this.line(printable(event.message));
    }
  };

  #start({
    steps,
    releases,
    tokensPerStep,
    segments,
    seeds,
  }: Extract<ExperimentEvent, { type: 'runStart' | 'replan' }>): void {
    this.#several = seeds > 1;
    this.#phase = 'training';
    this.#training = new Training(steps, tokensPerStep, this.#pace);
    const what =
      steps === 0 ? 'nothing to train: all is stored' : `${plural(steps, 'step')} in ${plural(segments, 'segment')}`;
    const under = this.#several ? ` under ${plural(seeds, 'seed')}` : '';
    this.line(`${what}; ${plural(releases, 'different release')}${under}`);
  }

  #release({ strategy, seed, version, loss, reused }: Extract<ExperimentEvent, { type: 'release' }>): void {
    // Releases of an earlier run are shown in the table only.
    if (reused) return;
    const { green } = this.#style;
    const under = this.#several ? `, seed ${seed}` : '';
    this.line(`${green('released')} ${printable(strategy)}, version ${version}${under}: loss ${loss.toFixed(4)}`);
  }

  /** Prints a permanent line. */
  line(text: string): void {
    this.#live?.clear();
    this.#output.write(`${text}\n`);
    if (this.#live) this.#draw(true);
  }

  /** Prints a permanent warning. */
  warn(text: string): void {
    this.line(`${this.#style.yellow('warning:')} ${printable(text)}`);
  }

  /** Clears the live lines. */
  done(): void {
    this.#phase = '';
    this.#live?.clear();
    this.#live?.done();
  }

  #draw(force = false): void {
    if (this.#phase === '') return;
    const now = this.#now();
    if (this.#live) {
      if (!force && now - this.#lastDrawn < REDRAW_MS) return;
      this.#lastDrawn = now;
      this.#live(
        this.#training ? this.#training.lines(now, this.#style, this.#output.columns).join('\n') : this.#plainText(now),
      );
      return;
    }
    // The first line is delayed too: short phases need none.
    if (this.#lastPlain === Number.NEGATIVE_INFINITY) this.#lastPlain = now;
    if (now - this.#lastPlain < PLAIN_MS) return;
    this.#lastPlain = now;
    this.#output.write(`${this.#plainText(now)}\n`);
  }

  #plainText(now: number): string {
    return this.#training
      ? this.#training.text(now)
      : `${this.#phase}${this.#detail === '' ? '' : `: ${this.#detail}`}`;
  }
}

/** The last step of a segment that is being trained. */
interface Latest {
  readonly loss: number;
  readonly rate: number;
}

/** Segments that are shown: as many as fit below each other without filling a terminal. */
const SHOWN = 8;

/** Progress of the training. */
class Training {
  #done = 0;
  /** Segments that were started and have not ended; several with several lanes. */
  readonly #segments = new Map<Segment, Latest | undefined>();
  /** Those that ended since the last one began. */
  readonly #ended = new Set<Segment>();

  constructor(
    private readonly steps: number,
    private readonly tokensPerStep: number,
    private readonly pace: Pace,
  ) {}

  begin(segment: Segment): void {
    for (const ended of this.#ended) this.#segments.delete(ended);
    this.#ended.clear();
    this.#segments.set(segment, undefined);
  }

  /** Stays until another begins: there is always something to show. */
  end(segment: Segment): void {
    if (this.#segments.has(segment)) this.#ended.add(segment);
  }

  step(now: number, { segment, loss, rate }: Extract<ExperimentEvent, { type: 'step' }>): void {
    this.#done++;
    this.#segments.set(segment, { loss, rate });
    this.pace.trained(now, this.tokensPerStep);
  }

  /** Speed and time left, as far as they are known. */
  #speedAndLeft(now: number): readonly string[] {
    const speed = this.pace.speed(now);
    const left = this.pace.left(now, (this.steps - this.#done) * this.tokensPerStep);
    return [
      ...(speed === undefined ? [] : [`${short(speed)} tokens/s`]),
      ...(left === undefined ? [] : [`${duration(left.seconds)} left`]),
    ];
  }

  text(now: number): string {
    const share = this.steps === 0 ? 1 : this.#done / this.steps;
    const parts = [
      `training ${percent(share)}`,
      `${whole(this.#done)} of ${whole(this.steps)} steps`,
      ...this.#speedAndLeft(now),
    ];
    const shown = [...this.#segments].slice(0, SHOWN);
    for (const [{ strategies }, latest] of shown) {
      const loss = latest && `loss ${latest.loss.toFixed(3)}`;
      const who = strategies.size > 0 ? `for ${named(strategies)}` : undefined;
      const about = [loss, who].filter((part) => part !== undefined);
      if (about.length > 0) parts.push(about.join(shown.length > 1 ? ' ' : ', '));
    }
    return parts.join(', ');
  }

  lines(now: number, style: Style, columns: number): readonly string[] {
    const share = this.steps === 0 ? 1 : this.#done / this.steps;
    const filled = Math.round(share * BAR);
    const bar = `${style.cyan('━'.repeat(filled))}${style.dim('─'.repeat(BAR - filled))}`;
    const parts = [
      `${bar} ${percent(share).padStart(4)}`,
      `${whole(this.#done)} of ${whole(this.steps)} steps`,
      ...this.#speedAndLeft(now),
    ];
    const below = [...this.#segments].slice(0, SHOWN).flatMap(([{ from, to, strategies }, latest]) => {
      const about = [`steps ${whole(from.position)} to ${whole(to.position)} for ${named(strategies)}`];
      if (latest !== undefined) about.push(`loss ${latest.loss.toFixed(3)}`, `rate ${compact(latest.rate)}`);
      return flow(about, columns);
    });
    return [...flow(parts, columns), ...below.map(style.dim)];
  }
}

/** The strategies that need a segment; the first two of many. */
function named(strategies: ReadonlySet<string>): string {
  const names = [...strategies].map(printable);
  return names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ');
}

/** Joins parts into as few lines as possible, breaking only between parts. */
function flow(parts: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}  ${part}`;
    if (lines.length > 0 && stripVTControlCharacters(longer).length <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}
