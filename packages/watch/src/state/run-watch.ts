/** The state of a run at any moment, from its run directory. Reads only. */
import { join, resolve } from 'node:path';
import {
  addCost,
  type Cost,
  type Digest,
  type ExactCost,
  NO_COST,
  partOfCost,
  readPlanRecords,
  roundCost,
} from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import type { LiveCurve, LiveLane, LiveState, LiveStatus } from '@branchline/report';
import { LIVE_LOG, type LivePoint, type PlanLine } from '../live-log/format.js';
import { readMark } from '../live-log/start-mark.js';
import { Pace, type TimeLeft } from '../pace/pace.js';
import { curvesIn, curvesOf } from './curves.js';
import { isRun, noRun } from './is-run.js';
import { JobViews } from './job-views.js';
import { LedgerView } from './ledger-view.js';
import { LiveView } from './live-view.js';
import { type Holding, LockWatch } from './lock-watch.js';
import { mergeResults } from './merge-results.js';
import { ResultsView, soundResults } from './results-file.js';
import { type Judged, judge } from './status.js';
import { StoredLosses } from './stored-losses.js';
import { Tail } from './tail.js';

/** Options of a watch. */
export interface RunWatchOptions {
  /**
   * A start of the run is about to come: until it trains, the run is planning, whatever earlier starts left, and a
   * missing directory is no error. Default false.
   */
  readonly expected?: boolean;
  /** Milliseconds of a clock that is never set back. Default: that of the process. */
  readonly now?: () => number;
}

/** Steps by the key of the state at the end of their segment. */
type Steps = Record<Digest, { done: number; steps: number }>;

/** Follows a run directory. */
export class RunWatch {
  readonly #directory: string;
  readonly #now: () => number;
  readonly #lock: LockWatch;
  readonly #tail: Tail;
  readonly #ledger: LedgerView;
  readonly #results: ResultsView;
  readonly #losses: StoredLosses;
  readonly #jobs: JobViews;
  #view: LiveView;
  /** The plan of the live log, and its results as far as this version knows them. */
  #plan: { readonly line?: PlanLine; readonly results?: Results } = {};
  /** When the latest line was first seen, by the clock of this watch. */
  #seen = 0;
  #pace: { readonly start: string; readonly of: Pace; steps: number } | undefined;
  /** Samples of the pace that were read, and wait for the size of a step. */
  #trained: [time: number, trained: number][] = [];
  #known = false;
  /** What is older was left by earlier starts. Only if a start is awaited. */
  readonly #awaitedSince: number | undefined;

  constructor(directory: string, { expected = false, now = () => performance.now() }: RunWatchOptions = {}) {
    this.#directory = resolve(directory);
    this.#now = now;
    this.#awaitedSince = expected ? Date.now() : undefined;
    this.#lock = new LockWatch(this.#directory, now);
    this.#tail = new Tail(join(directory, LIVE_LOG));
    this.#ledger = new LedgerView(directory);
    this.#results = new ResultsView(directory);
    this.#losses = new StoredLosses(directory);
    this.#jobs = new JobViews(directory, now);
    this.#view = this.#newView();
  }

  /**
   * The state now. Cheap: only what is new in a file is read. Calls must not overlap. Throws a `config` error for a
   * path that is no run directory; it lists the runs of a folder of runs.
   */
  async read(): Promise<LiveState> {
    const lock = await this.#lock.look();
    const there = lock.held !== undefined || (await isRun(this.#directory));
    if (!there && (this.#known || this.#awaitedSince === undefined)) throw await noRun(this.#directory);
    this.#known ||= there;
    await this.#readLog();
    // The results after the log: a log that says how the run ended comes after them.
    await this.#results.read();
    await this.#ledger.read();
    const judged = await this.#judge(lock);
    const { plan } = this.#view;
    if (plan !== undefined && judged.isLive) await this.#losses.read(plan, this.#ledger.byEnd);
    await this.#jobs.read();
    return this.#state(judged);
  }

  async #readLog(): Promise<void> {
    const { fresh, lines } = await this.#tail.read();
    if (fresh) this.#view = this.#newView();
    if (lines.length > 0) this.#seen = this.#now();
    for (const line of lines) this.#view.take(line);
    const { plan } = this.#view;
    if (plan === this.#plan.line) return;
    this.#plan = { line: plan, results: plan?.results && (await soundResults(plan.results)) };
  }

  #newView(): LiveView {
    this.#trained = [];
    return new LiveView((time, trained) => void this.#trained.push([time, trained]));
  }

  async #judge(lock: Holding): Promise<Judged> {
    return judge({
      ...lock,
      view: this.#view,
      results: this.#results.results,
      planned: () => lastPlanned(this.#directory),
      isAwaited: this.#awaits(),
      mark: await readMark(this.#directory),
    });
  }

  /** Whether a start is awaited that did not come yet. */
  #awaits(): boolean {
    const since = this.#awaitedSince;
    const { begin } = this.#view;
    const finished = Date.parse(this.#results.results?.experiment.finishedAt ?? '');
    return since !== undefined && !((begin?.time ?? 0) >= since) && !(finished >= since);
  }

  #state({ status, isLive }: Judged): LiveState {
    const { view } = this.#of(isLive);
    const written = this.#results.results;
    const results = mergeResults({
      plan: view.plan && this.#plan.results,
      written,
      releases: view.releases.values(),
    });
    const runs = status === 'training' || status === 'planning';
    const { segments, steps } = this.#steps(view, results, status);
    const tokensPerStep = view.plan?.tokensPerStep ?? (results && results.training.batch * results.model.context) ?? 0;
    const missing = Math.max(0, steps.planned - steps.done) * tokensPerStep;
    // Steps in flight are in no ledger line yet, so their cost is still ahead.
    const unpaid = status === 'finished' ? 0 : (steps.planned - this.#booked(steps.done)) * tokensPerStep;
    const { pace, now } = this.#paceOf(view, steps.done, tokensPerStep, results);
    const timeLeft = status === 'training' ? pace.left(now, missing) : undefined;
    const speed = status === 'training' ? pace.speed(now) : undefined;
    const about = this.#about(status, view, results);
    const updatedAt = this.#updatedAt(view);
    return {
      experiment: view.begin?.experiment ?? results?.experiment.name ?? nameOf(this.#directory),
      status,
      ...(about !== undefined && { about }),
      // A start that plans was just found alive, and what it wrote was written by an earlier one.
      ...(updatedAt !== undefined && status !== 'planning' && { updatedAt }),
      ...(view.begin && { startedAt: view.begin.time }),
      ...(results && { results }),
      steps,
      segments,
      cost: { spent: roundCost(this.#ledger.spent), ahead: this.#ahead(unpaid, results, timeLeft, pace) },
      currency: results?.currency ?? this.#ledger.currency ?? 'USD',
      ...(timeLeft && { timeLeft }),
      ...(speed !== undefined && { tokensPerSecond: speed }),
      lanes: runs || this.#jobs.running.length > 0 ? this.#lanes(view) : [],
      curves: this.#curves(view, results),
      messages: [
        ...view.messages.map(({ level, text }) => ({ level, text })),
        ...(status === 'failed' && about !== undefined ? [{ level: 'error' as const, text: about }] : []),
      ],
    };
  }

  /** The live log of the start that is shown; one of an earlier start says nothing. */
  #of(isLive: boolean): { readonly view: LiveView } {
    return { view: isLive ? this.#view : new LiveView() };
  }

  #steps(view: LiveView, results: Results | undefined, status: LiveStatus) {
    const segments: Steps = {};
    let [done, planned] = [0, 0];
    const add = (key: Digest, own: number, all: number) => {
      planned += all;
      const known = status === 'finished' ? all : Math.min(all, Math.max(own, this.#jobs.doneOf(key)));
      done += known;
      if (known > 0) segments[key] = { done: known, steps: all };
    };
    if (view.plan !== undefined) {
      for (const [index, { key, steps }] of view.plan.segments.entries()) {
        add(key, view.segments[index]?.done ?? 0, steps);
      }
    } else {
      const stored = storedIn(results, (key) => this.#ledger.byEnd.has(key));
      for (const { from: _, to, kind, steps } of results?.graph.edges ?? []) {
        if (kind === 'train') add(results!.graph.nodes[to]!.key, stored.has(to) ? steps : 0, steps);
      }
    }
    // After a kill, steps that were not stored are lost.
    return { segments, steps: { done: status === 'killed' ? this.#booked(done) : done, planned } };
  }

  /** Of these steps, those in the ledger; too many where earlier plans of the directory trained other steps. */
  #booked(done: number): number {
    return Math.min(done, this.#ledger.steps);
  }

  #paceOf(view: LiveView, done: number, tokensPerStep: number, results: Results | undefined) {
    const start = view.begin?.start ?? '';
    if (this.#pace?.start !== start) {
      const earlier = this.#ledger.speed({
        ...(view.begin && { before: view.begin.time, device: view.begin.device }),
        ...(results && { flopsPerToken: results.model.flopsPerToken }),
      });
      const lanes = Math.max(1, view.lanes.length);
      this.#pace = { start, of: new Pace(earlier && earlier * lanes), steps: 0 };
    }
    const pace = this.#pace;
    const elapsed = this.#now() - this.#seen;
    const now = view.time === undefined ? this.#now() : view.time + elapsed;
    // Jobs train in folders of their own, and the run learns of their steps when they are stored.
    const byJobs = view.plan !== undefined && view.lanes.length === 0;
    const samples: [number, number][] = byJobs ? [[now, done]] : this.#trained;
    for (const [time, trained] of samples) {
      if (trained > pace.steps) pace.of.trained(time, (trained - pace.steps) * tokensPerStep);
      pace.steps = Math.max(pace.steps, trained);
    }
    this.#trained = [];
    return { pace: pace.of, now };
  }

  /** What the rest will cost, at the price and power of the latest training. */
  #ahead(tokens: number, results: Results | undefined, timeLeft: TimeLeft | undefined, pace: Pace): Cost {
    const { latest, evaluation } = this.#ledger;
    const speed = this.#ledger.speed({ device: latest?.device }) ?? pace.earlier;
    const lanes = Math.max(1, this.#view.lanes.length);
    const seconds = speed === undefined ? (timeLeft?.seconds ?? 0) * lanes : tokens / speed;
    const isKnown = latest !== undefined && (tokens === 0 || seconds > 0);
    const training: Cost = {
      tokens,
      steps: results === undefined ? 0 : tokens / (results.training.batch * results.model.context),
      flops: tokens * (results?.model.flopsPerToken ?? 0),
      deviceSeconds: seconds,
      energyJoules: isKnown && latest.power !== null ? seconds * latest.power.watts : tokens === 0 ? 0 : null,
      money: isKnown && latest.price !== null ? (seconds / 3600) * latest.price.perHour : tokens === 0 ? 0 : null,
    };
    const releases = (results?.graph.nodes ?? []).filter(({ releases: of, key }) => {
      return of.length > 0 && !this.#ledger.isEvaluated(key);
    }).length;
    if (evaluation === undefined || releases === 0) return training;
    return sumOf(training, roundCost(times(evaluation.cost, releases, evaluation.states)));
  }

  #lanes(view: LiveView): readonly LiveLane[] {
    const { plan } = view;
    const own = view.lanes.map((lane, index): LiveLane => {
      const name = `lane ${index + 1}`;
      const segment = lane === null ? undefined : plan?.segments[lane[0]];
      if (lane === null || segment === undefined) return { name, strategies: [] };
      const [, step, loss, rate] = lane;
      return {
        ...{ name, strategies: segment.strategies, seed: segment.seed, step, steps: segment.steps },
        ...(loss !== null && { loss }),
        ...(rate !== null && { rate }),
      };
    });
    return [...own, ...this.#jobs.lanes()];
  }

  #curves(view: LiveView, results: Results | undefined): readonly LiveCurve[] {
    const { plan } = view;
    if (plan === undefined) return results === undefined ? [] : curvesIn(results);
    return curvesOf(plan, results, (segment) => ({
      stored: this.#losses.of(segment),
      live: joined(view.segments[segment]?.points ?? [], this.#jobs.pointsOf(plan.segments[segment]!.key)),
    }));
  }

  #about(status: LiveStatus, { begin, end }: LiveView, results: Results | undefined): string | undefined {
    const command = begin?.command ?? results?.experiment.command;
    if (end?.about !== undefined) {
      return command === undefined ? end.about : end.about.replace(SAME_COMMAND, `To continue: ${command}`);
    }
    if (status === 'failed') return results?.failures.map(({ message }) => message).join('\n');
    const again = command === undefined ? 'Run the same command again' : `To continue: ${command}`;
    if (status === 'killed') return `The process of this run is gone, and what is stored is safe. ${again}`;
    if (status === 'stopped') return `The run was stopped before its end, and what is stored is safe. ${again}`;
    return undefined;
  }

  #updatedAt({ time }: LiveView): number | undefined {
    const finished = Date.parse(this.#results.results?.experiment.finishedAt ?? '');
    const times = [time, finished, this.#ledgerTime()].filter((one) => one !== undefined && Number.isFinite(one));
    return times.length === 0 ? undefined : Math.max(...(times as number[]));
  }

  #ledgerTime(): number {
    return Date.parse(this.#ledger.latest?.time ?? '');
  }
}

/** How errors end that a further start mends; the page knows the command. */
const SAME_COMMAND = /Run the same command again to continue\./;

/** When a plan was begun last; undefined if none was. */
async function lastPlanned(directory: string): Promise<number | undefined> {
  const { records } = await readPlanRecords(directory).catch(() => ({ records: [] }));
  const time = Date.parse(records[0]?.time ?? '');
  return Number.isFinite(time) ? time : undefined;
}

/** Nodes of a graph that exist or existed: those with training that ends there, and all before them. */
function storedIn(results: Results | undefined, isTrained: (key: Digest) => boolean): ReadonlySet<number> {
  const { nodes, edges } = results?.graph ?? { nodes: [], edges: [] };
  const before = new Map<number, number[]>();
  for (const { from, to } of edges) before.set(to, [...(before.get(to) ?? []), from]);
  const found = new Set<number>();
  const visit = (id: number) => {
    if (found.has(id)) return;
    found.add(id);
    for (const from of before.get(id) ?? []) visit(from);
  };
  for (const { id, key } of nodes) if (isTrained(key)) visit(id);
  return found;
}

/** The points of the run, and of a job that is further. */
function joined(own: readonly LivePoint[], job: readonly LivePoint[]): readonly LivePoint[] {
  const last = own.at(-1)?.[0] ?? -1;
  return job.length === 0 ? own : [...own, ...job.filter(([position]) => position > last)];
}

const nameOf = (directory: string) => directory.split(/[\\/]/).at(-1) ?? directory;

/** `count` times the mean over `states`. */
function times(cost: ExactCost, count: number, states: number): ExactCost {
  let sum = NO_COST;
  for (let index = 0; index < count; index++) sum = addCost(sum, cost);
  return partOfCost(sum, 0, 1, states);
}

function sumOf(a: Cost, b: Cost): Cost {
  const known = (one: number | null, other: number | null) => (one === null || other === null ? null : one + other);
  return {
    tokens: a.tokens + b.tokens,
    flops: a.flops + b.flops,
    steps: a.steps + b.steps,
    deviceSeconds: a.deviceSeconds + b.deviceSeconds,
    energyJoules: known(a.energyJoules, b.energyJoules),
    money: known(a.money, b.money),
  };
}
