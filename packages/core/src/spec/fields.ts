/**
 * The fields a hook can set, one row each: the single source for merging, for checking values, for `plan --explain`
 * and for the table in docs/.
 */
import { inspect } from 'node:util';
import type { OrderBy } from './spec.js';

/** A leaf of a spec that has exactly one owner. */
export interface Field {
  /** Dotted name, e.g. `lr.minRatio`. */
  readonly name: string;
  /** What the kernel does when nobody sets it. */
  readonly fallback: string;
  /** Says what is wrong with a value; undefined when it is fine. */
  readonly check: (value: unknown) => string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value in a message, cut where it gets long. Anything a plugin returns can be shown. */
const show = (value: unknown): string => {
  const text = inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 6 });
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

const number = (what: string, fits: (value: number) => boolean) => (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && fits(value)
    ? undefined
    : `must be ${what}, not ${show(value)}`;

const oneOf =
  (...allowed: readonly string[]) =>
  (value: unknown) =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.join(', ')}, not ${show(value)}`;

const boolean = (value: unknown) =>
  typeof value === 'boolean' ? undefined : `must be true or false, not ${show(value)}`;

const wholeSteps = number('a whole number of steps, 0 or more', (value) => Number.isInteger(value) && value >= 0);
const positiveSteps = number('a whole number of steps, 1 or more', (value) => Number.isInteger(value) && value >= 1);
const name = (value: unknown) =>
  typeof value === 'string' && value !== '' ? undefined : `must be a name, not ${show(value)}`;

function start(value: unknown) {
  if (!isObject(value)) return `must be { from: ... }, not ${show(value)}`;
  const problem = oneOf('scratch', 'tip', 'release')(value.from);
  if (problem !== undefined) return `from ${problem}`;
  if (value.version !== undefined && value.from !== 'release') return 'version belongs to from: "release" only';
  return value.version === undefined ? undefined : positiveSteps(value.version) && 'version must be 1 or more';
}

function data(value: unknown) {
  if (!isObject(value)) return `must be { use: ... }, not ${show(value)}`;
  const problem = oneOf('new', 'all', 'mixture', 'subset', 'chosen')(value.use);
  if (problem !== undefined) return `use ${problem}`;
  if (value.use === 'subset') return subset(value);
  if (value.use === 'chosen') return chosen(value.sequences);
  if (value.use !== 'mixture') return undefined;
  const ratio = number('a share from 0 to below 1', (replay) => replay >= 0 && replay < 1)(value.replay);
  return ratio && `replay ${ratio}`;
}

function subset({ of, by, share: part }: Record<string, unknown>) {
  const base = oneOf('new', 'all')(of);
  if (base !== undefined) return `of ${base}`;
  const choice = oneOf('score', 'random')(by);
  if (choice !== undefined) return `by ${choice}`;
  const ratio = number('a share above 0, at most 1', (value) => value > 0 && value <= 1)(part);
  return ratio && `share ${ratio}`;
}

function chosen(value: unknown) {
  const ids = value instanceof Uint32Array ? [...value] : value;
  const fits = Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0);
  if (!fits) return `sequences must be a list of sequence ids, not ${show(value)}`;
  return new Set(ids).size < ids.length ? 'sequences names one twice' : undefined;
}

function orderBy(value: unknown) {
  if (!isObject(value)) return `must be { by: ... }, not ${show(value)}`;
  const order = value as Partial<OrderBy> & Record<string, unknown>;
  const problem = oneOf('shuffled', 'ascending', 'descending', 'folded', 'interleaved')(order.by);
  if (problem !== undefined) return `by ${problem}`;
  if (order.by !== 'folded' && order.by !== 'interleaved') return undefined;
  const key = order.by === 'folded' ? 'folds' : 'buckets';
  const count = number('a whole number, 1 or more', (n) => Number.isInteger(n) && n >= 1)(value[key]);
  if (count !== undefined) return `${key} ${count}`;
  const direction = oneOf('ascending', 'descending')(value.direction);
  return direction && `direction ${direction}`;
}

function schedule(value: unknown) {
  if (!Array.isArray(value) || value.length === 0) return `must be a list of stages, not ${show(value)}`;
  let shares = 0;
  for (const [index, stage] of (value as unknown[]).entries()) {
    if (!isObject(stage)) return `stage ${index} must be { share, curve, to }, not ${show(stage)}`;
    const problem =
      number('a share above 0, at most 1', (share) => share > 0 && share <= 1)(stage.share) ??
      oneOf('constant', 'linear', 'cosine', '1-sqrt')(stage.curve) ??
      (stage.to === 'min' ? undefined : number('"min" or a level of 0 or more', (to) => to >= 0)(stage.to));
    if (problem !== undefined) return `stage ${index}: ${problem}`;
    shares += stage.share as number;
  }
  return Math.abs(shares - 1) < 1e-9 ? undefined : `shares must add up to 1, not ${shares}`;
}

function names(value: unknown) {
  if (!Array.isArray(value) || value.some((item) => name(item) !== undefined))
    return `must be a list of names, not ${show(value)}`;
  if (new Set(value).size < value.length) return `names a fork twice: ${value.join(', ')}`;
  return value.includes('main') ? '"main" is the main path, not a fork' : undefined;
}

function average(value: unknown) {
  if (value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0)
    return `must be null or a list of { stepsBack, weight }, not ${show(value)}`;
  let sum = 0;
  for (const [index, part] of (value as unknown[]).entries()) {
    if (!isObject(part)) return `part ${index} must be { stepsBack, weight }, not ${show(part)}`;
    const problem = wholeSteps(part.stepsBack) ?? number('a finite number', () => true)(part.weight);
    if (problem !== undefined) return `part ${index}: ${problem}`;
    sum += part.weight as number;
  }
  return Math.abs(sum - 1) < 1e-9 ? undefined : `weights must add up to 1, not ${sum}`;
}

function sequenceWeights(value: unknown) {
  if (value === null) return undefined;
  const numbers =
    Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= 0);
  if (!numbers) return `must be a list of weights of 0 or more, not ${show(value)}`;
  return (value as number[]).some((item) => item > 0) ? undefined : 'must have a weight above 0';
}

const rate = number('a rate above 0', (value) => value > 0);
const share = number('a share from 0 to 1', (value) => value >= 0 && value <= 1);

const carry = (schedule: string): readonly Field[] => [
  { name: 'carry.weights', fallback: 'true', check: boolean },
  { name: 'carry.optimizer', fallback: 'true', check: boolean },
  { name: 'carry.schedule', fallback: schedule, check: boolean },
  { name: 'carry.random', fallback: 'true', check: boolean },
  { name: 'carry.plugins', fallback: 'true', check: boolean },
];

/** What `onVersion` can set. */
export const VERSION_FIELDS: readonly Field[] = [
  { name: 'start', fallback: 'scratch for version 1, then the tip of the main path', check: start },
  { name: 'data', fallback: 'new', check: data },
  { name: 'order.by', fallback: 'shuffled', check: orderBy },
  { name: 'order.scope', fallback: 'together', check: oneOf('together', 'by-version') },
  { name: 'steps', fallback: 'one pass over the data it uses', check: positiveSteps },
  { name: 'lr.peak', fallback: "the experiment's", check: rate },
  { name: 'lr.warmup', fallback: "the experiment's from scratch, else 0", check: wholeSteps },
  { name: 'lr.schedule', fallback: 'constant', check: schedule },
  { name: 'lr.minRatio', fallback: "the experiment's", check: share },
  ...carry('false'),
  { name: 'forks', fallback: 'none', check: names },
  { name: 'release.path', fallback: 'main', check: name },
  { name: 'release.average', fallback: 'none', check: average },
];

/** What `onFork` can set. */
export const FORK_FIELDS: readonly Field[] = [
  { name: 'from', fallback: 'main', check: name },
  {
    name: 'at',
    fallback: 'so that the branch ends with the main path; the end of a fork it leaves',
    check: wholeSteps,
  },
  { name: 'steps', fallback: "to the end of its version's main path", check: positiveSteps },
  { name: 'lr.peak', fallback: "its version's", check: rate },
  { name: 'lr.warmup', fallback: "the experiment's", check: wholeSteps },
  { name: 'lr.schedule', fallback: 'constant', check: schedule },
  { name: 'lr.minRatio', fallback: "its version's", check: share },
  { name: 'data', fallback: "its version's", check: (value) => (value === null ? undefined : data(value)) },
  { name: 'order.by', fallback: "its version's", check: (value) => (value === null ? undefined : orderBy(value)) },
  { name: 'carry.data', fallback: 'true', check: boolean },
  ...carry('true'),
];

/** What `onStep` can set. */
export const STEP_FIELDS: readonly Field[] = [
  { name: 'lr.factor', fallback: '1', check: number('a factor of 0 or more', (value) => value >= 0) },
  { name: 'weights', fallback: 'all 1', check: sequenceWeights },
  { name: 'capture', fallback: 'false', check: boolean },
  { name: 'stop', fallback: 'false', check: boolean },
];
