/**
 * Defines every field that strategies can set, once: valid values, meaning and default. Types of specs and overrides,
 * checks, `plan --explain`, the JSON Schema of experiments and tables in the docs are derived from these tables.
 */
/* eslint-disable @typescript-eslint/no-empty-object-type -- interfaces show their names in messages and editors */
import { didYouMean } from '../suggest.js';
import { stepsOfData } from './data-size.js';
import type { ExperimentInfo, VersionInfo } from './experiment-info.js';
import { type Field, Fields, type NameIn, type PartOf, rowsOf, type SpecOf } from './field-table.js';
import { flag, name, nullable, oneOf } from './kinds.js';
import { constant } from './schedule.js';
import {
  average,
  data,
  distil,
  factor,
  names,
  orderBy,
  passes,
  positiveSteps,
  rate,
  sequenceWeights,
  share,
  stages,
  start,
  wholeSequence,
  wholeSteps,
} from './value-kinds.js';
import type { DataSpec, DistilSpec, OrderBy, OrderScope, StartSpec } from './values.js';

/** Input of the defaults of version fields. */
export interface VersionKnown {
  readonly experiment: ExperimentInfo;
  readonly version: VersionInfo;
  /** Fields settled before those that depend on them. */
  readonly spec: { readonly start: StartSpec; readonly data: DataSpec; readonly epochs: number };
}

const version = rowsOf<VersionKnown>();

/** The fields of a version, set by `onVersion`. */
export const VERSION = {
  start: version(
    start,
    "Where the version's main path starts: fresh weights, the end of the previous main path, or the release of an earlier version.",
    'scratch for version 1, then the tip of the main path',
    ({ version: { index } }): StartSpec => ({ from: index === 1 ? 'scratch' : 'tip' }),
  ),
  data: version(data, 'Which sequences the version trains on.', 'new', (): DataSpec => ({ use: 'new' })),
  order: {
    by: version(orderBy, 'The order of the sequences.', 'shuffled', (): OrderBy => ({ by: 'shuffled' })),
    scope: version(
      oneOf('together', 'by-version'),
      'together: one order over all increments. by-version: each increment in its own order, one after the other.',
      'together',
      (): OrderScope => 'together',
    ),
  },
  epochs: version(
    passes,
    'Passes over the data; every pass has an order of its own. It decides `steps` unless they are set.',
    '1',
    () => 1,
  ),
  steps: version(
    positiveSteps,
    "Steps of the version's main path.",
    '`epochs` passes over the data it uses',
    ({ spec, ...known }) => Math.max(1, Math.round(spec.epochs * stepsOfData(spec.data, known))),
  ),
  lr: {
    peak: version(rate, 'The highest rate.', "the experiment's", ({ experiment }) => experiment.lr.peak),
    warmup: version(
      wholeSteps,
      'Steps of linear warm-up from 0 to the rate the schedule starts with.',
      "the experiment's from scratch, else 0",
      ({ experiment, spec }) => (spec.start.from === 'scratch' ? experiment.lr.warmup : 0),
    ),
    schedule: version(
      stages,
      'What the rate does after the warm-up, as stages over the remaining steps.',
      'constant',
      constant,
    ),
    minRatio: version(
      share,
      'Where decays end, the rate that "min" in a stage stands for, as a share of the peak.',
      "the experiment's",
      ({ experiment }) => experiment.lr.minRatio,
    ),
  },
  loss: {
    distil: version(
      distil,
      'null: the negative log-likelihood. Otherwise its first steps also learn the predictions of a teacher.',
      'none',
      (): DistilSpec | null => null,
    ),
    prefix: version(
      wholeSequence,
      'Tokens at the beginning of every sequence that only condition the others: the loss does not count them.',
      '0',
      () => 0,
    ),
  },
  carry: {
    weights: version(flag, 'False: weights are drawn anew.', 'true', () => true),
    optimizer: version(flag, 'False: optimizer moments start at zero.', 'true', () => true),
    schedule: version(
      flag,
      'True: the schedule starts at the rate the parent path had. False: it warms up and starts at the peak.',
      'false',
      () => false,
    ),
    random: version(
      flag,
      "True: plugins' random streams continue. False: they start anew under the path's own name.",
      'true',
      () => true,
    ),
    plugins: version(
      flag,
      "True: plugins' state is copied. False: it starts at the plugin's initial state.",
      'true',
      () => true,
    ),
  },
  forks: version(
    names,
    'Names of the branches that leave the main path; `onFork` is called for each.',
    'none',
    () => [],
  ),
  release: {
    path: version(name, 'The path that is released: `main`, or the name of a fork.', 'main', () => 'main'),
    average: version(
      average,
      'null: the last state of the path is released. A list: this weighted sum of states of the path and of its past.',
      'none',
      () => null,
    ),
  },
};

/** A complete version spec. */
export interface VersionSpec extends SpecOf<typeof VERSION> {}
/** What `onVersion` returns. */
export interface VersionPart extends PartOf<typeof VERSION> {}

/** The fields that can also be decided after everything else of a version, set by `onRelease`. */
export const RELEASE = { release: { average: VERSION.release.average } };

/** What `onRelease` returns. */
export interface ReleasePart extends PartOf<typeof RELEASE> {}

/** Input of the defaults of fork fields. */
export interface ForkKnown {
  readonly experiment: ExperimentInfo;
  /** Spec of the version that the fork belongs to. */
  readonly parent: VersionSpec;
  /** Fields settled before those that depend on them. */
  readonly spec: { readonly from: string; readonly at: number };
  /** Steps that a plugin or the user set for the fork. */
  readonly steps: number | undefined;
  /** Steps of a fork that is already decided. */
  readonly stepsOf: (fork: string) => number | undefined;
  /** The objective of a path of the version that is already decided; undefined for an unknown one. */
  readonly lossOf: (path: string) => VersionSpec['loss'] | undefined;
}

const fork = rowsOf<ForkKnown>();

/** The fields of a fork, set by `onFork`. */
export const FORK = {
  skip: fork(
    flag,
    'True: the version does without the branch. It cannot be released, and no other branch can leave it.',
    'false',
    () => false,
  ),
  from: fork(name, 'The path it leaves: `main`, or a fork that `forks` names before it.', 'main', () => 'main'),
  at: fork(
    wholeSteps,
    'Steps of that path before the branch leaves it.',
    'so that the branch ends with the main path; the end of a fork it leaves',
    ({ parent, spec, steps = 0, stepsOf }) => stepsOf(spec.from) ?? Math.max(0, parent.steps - steps),
  ),
  steps: fork(
    positiveSteps,
    'Steps of the branch.',
    "to the end of its version's main path",
    ({ parent, spec, stepsOf }) => Math.max(1, (stepsOf(spec.from) ?? parent.steps) - spec.at),
  ),
  lr: {
    peak: fork(rate, VERSION.lr.peak.doc, "its version's", ({ parent }) => parent.lr.peak),
    warmup: fork(wholeSteps, VERSION.lr.warmup.doc, "the experiment's", ({ experiment }) => experiment.lr.warmup),
    schedule: fork(stages, VERSION.lr.schedule.doc, 'constant', constant),
    minRatio: fork(share, VERSION.lr.minRatio.doc, "its version's", ({ parent }) => parent.lr.minRatio),
  },
  loss: {
    distil: fork(
      distil,
      VERSION.loss.distil.doc,
      'what the path it leaves would do in these steps',
      ({ spec, lossOf }) => distilAfter(lossOf(spec.from)?.distil ?? null, spec.at),
    ),
    prefix: fork(
      wholeSequence,
      VERSION.loss.prefix.doc,
      'that of the path it leaves',
      ({ spec, lossOf }) => lossOf(spec.from)?.prefix ?? 0,
    ),
  },
  data: fork(
    nullable(data),
    'Which sequences the branch trains on. null: it continues with the data of the path it leaves.',
    "its version's",
    () => null,
  ),
  order: {
    by: fork(
      nullable(orderBy),
      'The order of the sequences. With `carry.data` it orders what the main path has not seen yet.',
      "its version's",
      () => null,
    ),
  },
  carry: {
    weights: fork(flag, VERSION.carry.weights.doc, 'true', () => true),
    optimizer: fork(flag, VERSION.carry.optimizer.doc, 'true', () => true),
    schedule: fork(flag, VERSION.carry.schedule.doc, 'true', () => true),
    random: fork(flag, VERSION.carry.random.doc, 'true', () => true),
    plugins: fork(flag, VERSION.carry.plugins.doc, 'true', () => true),
    data: fork(
      flag,
      "True: training continues behind the parent's last sequence, unless the branch has data of its own. False: at the beginning.",
      'true',
      () => true,
    ),
  },
};

/** A complete fork spec. */
export interface ForkSpec extends SpecOf<typeof FORK> {}
/** What `onFork` returns. */
export interface ForkPart extends PartOf<typeof FORK> {}

/** The distillation of a path that continues another one after `steps` steps. */
function distilAfter(of: DistilSpec | null, steps: number): DistilSpec | null {
  if (of?.steps === undefined) return of;
  return of.steps > steps ? { ...of, steps: of.steps - steps } : null;
}

const step = rowsOf<unknown>();

/** The fields of a step, set by `onStep`. */
export const STEP = {
  lr: { factor: step(factor, 'Multiplies the rate of this step.', '1', () => 1) },
  weights: step(sequenceWeights, 'Loss weight of each sequence of the batch.', 'all 1', () => null),
  capture: step(flag, 'True: the state after this step is kept and listed in the results.', 'false', () => false),
  stop: step(flag, 'True: the path ends after this step.', 'false', () => false),
};

/** A complete step spec. */
export interface StepSpec extends SpecOf<typeof STEP> {}
/** What `onStep` returns. */
export interface StepPart extends PartOf<typeof STEP> {}

/** Dotted names of all fields. */
export type FieldName = NameIn<typeof VERSION> | NameIn<typeof FORK> | NameIn<typeof STEP>;

export const versionFields = new Fields<VersionKnown>(VERSION);
export const releaseFields = new Fields<VersionKnown>(RELEASE);
export const forkFields = new Fields<ForkKnown>(FORK);
export const stepFields = new Fields<unknown>(STEP);

/** Fields of a version, for listings. */
export const VERSION_FIELDS: readonly Field[] = versionFields.list;
/** Fields of a fork, for listings. */
export const FORK_FIELDS: readonly Field[] = forkFields.list;
/** Fields of a step, for listings. */
export const STEP_FIELDS: readonly Field[] = stepFields.list;

/** Former names of fields. */
const RENAMED: Readonly<Record<string, FieldName>> = { 'lr.shape': 'lr.schedule', 'lr.floor': 'lr.minRatio' };

/** A message for a former name of a field, `lr.floor is called lr.minRatio`; undefined for other names. */
export function renamedField(name: string): string | undefined {
  const prefix = name.startsWith('fork.') ? 'fork.' : '';
  const old = name.slice(prefix.length);
  return Object.hasOwn(RENAMED, old) ? `${name} is called ${prefix}${RENAMED[old]}` : undefined;
}

/** The problem of a name that is no field: its new name if it was renamed, otherwise `message` and similar names. */
export function unknownField(name: string, message: string, known: readonly string[]) {
  const renamed = renamedField(name);
  return renamed === undefined ? { message, remedy: didYouMean(name, known) } : { message: renamed };
}
