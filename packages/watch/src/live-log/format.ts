/**
 * `live.jsonl` of a run directory: what a run does right now. One JSON object per line. A start of the run begins a new
 * file; so does the writer when the file has grown long. Nothing of a run depends on this file.
 */
import { type Digest, isDigest, isPlainObject } from '@branchline/core';
import type { ReleaseResult, Results } from '@branchline/evaluation';

/** Name of the file in its run directory. */
export const LIVE_LOG = 'live.jsonl';

/** The first line. */
export interface BeginLine {
  readonly type: 'begin';
  readonly format: 1;
  /** Names this file: another one has another id. */
  readonly id: string;
  /** Names the start of the run; the same in all files of a start. */
  readonly start: string;
  /** When the run was started, in milliseconds since 1970, like all times of the file. */
  readonly time: number;
  readonly experiment: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** The device that trains, as the ledger names it. */
  readonly device: string;
}

/** A segment of the plan. */
export interface LiveSegment {
  /** Key of the state at its end. */
  readonly key: Digest;
  readonly seed: number;
  readonly strategies: readonly string[];
  /** Position of its first state, counted from fresh weights. */
  readonly begin: number;
  readonly steps: number;
  /** Steps that were stored when the plan was made. */
  readonly stored: number;
  /** Key of the stored state inside the segment, if training resumes from one. */
  readonly at?: Digest;
  /** The segment before it, by index. */
  readonly after?: number;
}

/** A track of the plan: its curve is that of parts of segments, in order. Positions count from fresh weights. */
export interface LiveTrack {
  readonly track: string;
  readonly strategies: readonly string[];
  readonly seed: number;
  readonly version: number;
  readonly path: string;
  readonly places: readonly (readonly [segment: number, from: number, to: number])[];
}

/** A plan; it replaces the one before. Other lines name its segments by their index. */
export interface PlanLine {
  readonly type: 'plan';
  readonly time: number;
  readonly tokensPerStep: number;
  readonly segments: readonly LiveSegment[];
  readonly tracks: readonly LiveTrack[];
  /** Partial results without losses of steps; absent in the log of a job. Not checked by `parseLine`. */
  readonly results?: Results;
}

/** A trained step: its position, loss and learning rate. */
export type LivePoint = readonly [position: number, loss: number, rate: number];

/** What was trained of a segment: steps by now, and points that are new. */
export type SegmentProgress = readonly [segment: number, done: number, points: readonly LivePoint[]];

/** What a lane does; null while it waits. */
export type LaneProgress = readonly [segment: number, done: number, loss: number | null, rate: number | null] | null;

/** Progress since the line before. */
export interface StepsLine {
  readonly type: 'steps';
  readonly time: number;
  /** Steps trained since the start of the run. */
  readonly trained: number;
  readonly segments: readonly SegmentProgress[];
  readonly lanes: readonly LaneProgress[];
}

/** When how many steps were trained, for the pace: in a file that continues another one. */
export interface PaceLine {
  readonly type: 'pace';
  readonly samples: readonly (readonly [time: number, trained: number])[];
}

/** A release with its evaluations. */
export interface ReleaseLine {
  readonly type: 'release';
  readonly time: number;
  readonly strategy: string;
  readonly release: ReleaseResult;
}

/** A warning, or what a plugin logged. */
export interface MessageLine {
  readonly type: 'message';
  readonly time: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** A sign of life, when nothing else is new. */
export interface AliveLine {
  readonly type: 'alive';
  readonly time: number;
}

/** How the run ended. A second such line says more. */
export interface EndLine {
  readonly type: 'end';
  readonly time: number;
  readonly outcome: 'finished' | 'failed' | 'stopped';
  /** Why it ended before its plan. */
  readonly about?: string;
}

export type LiveLine = BeginLine | PlanLine | StepsLine | PaceLine | ReleaseLine | MessageLine | AliveLine | EndLine;

const isTime = (value: unknown) => Number.isFinite(value);
const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isKey = (value: unknown) => typeof value === 'string' && isDigest(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const listOf = (value: unknown, check: (item: unknown) => boolean) => Array.isArray(value) && value.every(check);
const tuple = (value: unknown, ...checks: readonly ((item: unknown) => boolean)[]) =>
  Array.isArray(value) && value.length === checks.length && checks.every((check, index) => check(value[index]));
const orNull = (check: (item: unknown) => boolean) => (value: unknown) => value === null || check(value);

const isPoint = (value: unknown) => tuple(value, isCount, isTime, isTime);

const isSegment = (one: unknown) =>
  isPlainObject(one) &&
  isKey(one.key) &&
  [one.seed, one.begin, one.steps, one.stored].every(isCount) &&
  isTexts(one.strategies) &&
  (one.at === undefined || isKey(one.at)) &&
  (one.after === undefined || isCount(one.after));

const CHECKS: Readonly<Record<LiveLine['type'], (line: Readonly<Record<string, unknown>>) => boolean>> = {
  begin: (line) =>
    line.format === 1 &&
    isTime(line.time) &&
    [line.id, line.start, line.experiment, line.command, line.device].every(isText),
  plan: (line) =>
    isTime(line.time) &&
    isCount(line.tokensPerStep) &&
    listOf(line.segments, isSegment) &&
    listOf(
      line.tracks,
      (one) =>
        isPlainObject(one) &&
        [one.track, one.path].every(isText) &&
        [one.seed, one.version].every(isCount) &&
        isTexts(one.strategies) &&
        listOf(one.places, (place) => tuple(place, isCount, isCount, isCount)),
    ) &&
    (line.results === undefined || isPlainObject(line.results)),
  steps: (line) =>
    isTime(line.time) &&
    isCount(line.trained) &&
    listOf(line.segments, (one) => tuple(one, isCount, isCount, (points) => listOf(points, isPoint))) &&
    listOf(
      line.lanes,
      orNull((one) => tuple(one, isCount, isCount, orNull(isTime), orNull(isTime))),
    ),
  pace: (line) => listOf(line.samples, (one) => tuple(one, isTime, isCount)),
  release: (line) =>
    isTime(line.time) &&
    isText(line.strategy) &&
    isPlainObject(line.release) &&
    [line.release.version, line.release.seed].every(isCount) &&
    [line.release.loss, line.release.bitsPerByte].every(isTime) &&
    [line.release.lossByDomain, line.release.lossByVersion, line.release.cumulative].every(isPlainObject),
  message: (line) => isTime(line.time) && isText(line.text) && ['info', 'warn', 'error'].includes(line.level as string),
  alive: (line) => isTime(line.time),
  end: (line) =>
    isTime(line.time) &&
    ['finished', 'failed', 'stopped'].includes(line.outcome as string) &&
    (line.about === undefined || isText(line.about)),
};

/** A line of the file; undefined if it is none that this version knows. */
export function parseLine(text: string): LiveLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isPlainObject(line) || typeof line.type !== 'string' || !Object.hasOwn(CHECKS, line.type)) return undefined;
  return CHECKS[line.type as LiveLine['type']](line) ? (line as unknown as LiveLine) : undefined;
}

/** The text of a line. */
export const lineOf = (line: LiveLine): string => `${JSON.stringify(line)}\n`;
