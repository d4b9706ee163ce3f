/** Asks the deciders of a strategy about versions and forks, and settles every field. Touches no data and no tensor. */
import type { Problem } from '../errors.js';
import { callHook, deepFreeze } from '../plugin/call-hook.js';
import {
  type Conflict,
  type Contribution,
  conflictProblems,
  mergeParts,
  type Owned,
  type Owner,
} from '../plugin/merge.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo, SequenceLosses, VersionInfo } from '../plugin/types.js';
import { FORK_FIELDS, VERSION_FIELDS } from '../spec/fields.js';
import { constant } from '../spec/schedule.js';
import type { CarrySpec, DataSpec, ForkSpec, VersionSpec } from '../spec/spec.js';
import { didYouMean } from '../suggest.js';
import { subsetSize } from './orders.js';

/** A value with who set it, for `plan --explain`. */
export type Explained = ReadonlyMap<string, Owned>;

export interface DecidedFork {
  readonly name: string;
  readonly spec: ForkSpec;
  readonly fields: Explained;
}

export interface DecidedVersion {
  readonly version: VersionInfo;
  readonly spec: VersionSpec;
  readonly fields: Explained;
  /** As far as they are decided. */
  readonly forks: readonly DecidedFork[];
  /** A fork that is decided when losses are measured where it leaves; those behind it are not decided either. */
  readonly pending?: PendingFork;
}

/** A fork that waits for losses. */
export interface PendingFork {
  readonly name: string;
  /** The plugins that wait. */
  readonly plugins: readonly string[];
}

/** Losses where a fork leaves; undefined when they are not measured. */
export type KnownLosses = (version: number, fork: string) => SequenceLosses | undefined;

/** What a strategy wants, version by version. */
export interface Decision {
  readonly versions: readonly DecidedVersion[];
  readonly problems: readonly Problem[];
}

const KERNEL: Owner = { kind: 'default', name: 'kernel' };

/** Asks about every version, then about its forks. Problems of all versions are collected; equal ones are told once. */
export function decide(
  strategy: PreparedStrategy,
  experiment: ExperimentInfo,
  losses: KnownLosses = () => undefined,
): Decision {
  const problems: Problem[] = [];
  const conflicts: Conflict[] = [];
  const trouble: Trouble = { problems, conflicts, losses };
  const versions = experiment.versions.map((version) => decideVersion(strategy, experiment, version, trouble));
  problems.push(...conflictProblems(conflicts, strategy.configPath));
  const forked = versions.some(({ spec }) => spec.forks.length > 0);
  if (strategy.complete && !forked && Object.keys(strategy.forkOverrides).length > 0) {
    const [name] = Object.keys(strategy.forkOverrides);
    const message = `changes nothing: no version of this strategy has a fork`;
    problems.push({ strategy: strategy.name, configPath: `${strategy.configPath}.overrides.fork.${name}`, message });
  }
  return { versions, problems: tellOnce(problems) };
}

/** Where mistakes are collected while a strategy is decided, and what is known of losses. */
interface Trouble {
  readonly problems: Problem[];
  readonly conflicts: Conflict[];
  readonly losses: KnownLosses;
}

function decideVersion(
  strategy: PreparedStrategy,
  experiment: ExperimentInfo,
  version: VersionInfo,
  trouble: Trouble,
): DecidedVersion {
  const { problems } = trouble;
  const place = { strategy: strategy.name, version: version.index };
  const count = experiment.versions.length;
  const context = deepFreeze({
    experiment,
    strategy: strategy.name,
    version,
    count,
    stepsOfIncrement: Math.floor(version.sequences / experiment.batch),
  });
  const {
    fields,
    conflicts: clashes,
    problems: wrong,
  } = mergeParts(
    VERSION_FIELDS,
    callHook(strategy, 'onVersion', version.index, context),
    strategy.overrides,
    strategy.configPath,
  );
  problems.push(...wrong.map((problem) => ({ ...place, ...problem, hook: 'onVersion' })));
  trouble.conflicts.push(...clashes);

  const settle = settler(fields);
  const first = version.index === 1;
  const start = settle<VersionSpec['start']>('start', first ? { from: 'scratch' } : { from: 'tip' });
  const data = settle<DataSpec>('data', { use: 'new' });
  const spec: VersionSpec = {
    start,
    data,
    order: {
      by: settle('order.by', { by: 'shuffled' }),
      scope: settle('order.scope', 'together'),
    },
    steps: settle('steps', stepsOf(data, version, experiment)),
    lr: {
      peak: settle('lr.peak', experiment.lr.peak),
      warmup: settle('lr.warmup', start.from === 'scratch' ? experiment.lr.warmup : 0),
      schedule: settle('lr.schedule', constant()),
      minRatio: settle('lr.minRatio', experiment.lr.minRatio),
    },
    carry: settleCarry(settle, false),
    forks: settle('forks', []),
    release: { path: settle('release.path', 'main'), average: settle('release.average', null) },
  };
  const own = (field: string): Problem => {
    const owner = settle.fields.get(field)?.owner;
    return {
      ...place,
      ...(owner?.kind === 'plugin' && { plugin: owner.name, configPath: owner.configPath }),
      message: '',
    };
  };
  if (first && start.from !== 'scratch') {
    problems.push({ ...own('start'), message: `version 1 cannot start from a ${start.from}: there is none before it` });
  }
  if (start.from === 'release' && start.version !== undefined && start.version >= version.index) {
    problems.push({
      ...own('start'),
      message: `starts from the release of version ${start.version}, which is not earlier`,
    });
  }
  if (data.use === 'subset' && data.by === 'score' && !experiment.scored)
    problems.push({ ...own('data'), ...notScored });
  if (spec.order.by.by !== 'shuffled' && !experiment.scored) {
    problems.push({
      ...own('order.by'),
      message: `orders data by score (${spec.order.by.by}), but the data has no scores`,
      remedy: "Give the data a score: data.score: 'diversity', or name the column with scoreField.",
    });
  }
  if (strategy.complete && spec.release.path !== 'main' && !spec.forks.includes(spec.release.path)) {
    problems.push({
      ...own('release.path'),
      message: `releases the path "${spec.release.path}", which the version does not have`,
      remedy: didYouMean(spec.release.path, ['main', ...spec.forks]),
    });
  }
  const forks: DecidedFork[] = [];
  for (const name of spec.forks) {
    const fork = decideFork(strategy, experiment, version, name, { spec, forks }, trouble);
    if ('plugins' in fork) return { version, spec, fields: settle.fields, forks, pending: fork };
    forks.push(fork);
  }
  return { version, spec, fields: settle.fields, forks };
}

function decideFork(
  strategy: PreparedStrategy,
  experiment: ExperimentInfo,
  version: VersionInfo,
  name: string,
  decided: { readonly spec: VersionSpec; readonly forks: readonly DecidedFork[] },
  { problems, conflicts, losses }: Trouble,
): DecidedFork | PendingFork {
  const { spec: parent, forks: before } = decided;
  const place = { strategy: strategy.name, version: version.index, path: name };
  const count = experiment.versions.length;
  const context = deepFreeze({ experiment, strategy: strategy.name, version, count, fork: name, spec: parent });
  const answer = askWithLosses(strategy, losses(version.index, name), () =>
    callHook(strategy, 'onFork', version.index, context),
  );
  if ('waiting' in answer) return { name, plugins: answer.waiting };
  const {
    fields,
    conflicts: clashes,
    problems: wrong,
  } = mergeParts(FORK_FIELDS, answer.parts, strategy.forkOverrides, strategy.configPath);
  problems.push(...wrong.map((problem) => ({ ...place, ...problem, hook: 'onFork' })));
  conflicts.push(...clashes);

  const settle = settler(fields);
  const set = (field: string) => fields.get(field)?.value as number | undefined;
  if (strategy.complete && set('at') === undefined && set('steps') === undefined) {
    const remedy = 'A plugin that asks for a fork answers onFork with `at` or `steps`.';
    problems.push({ ...place, message: `nobody says where the branch leaves or how long it is`, remedy });
  }
  const from: string = settle('from', 'main');
  const fork = before.find((earlier) => earlier.name === from);
  const left = fork?.spec.steps ?? parent.steps;
  const at = settle('at', fork ? left : Math.max(0, left - (set('steps') ?? 0)));
  const spec: ForkSpec = {
    from,
    at,
    steps: settle('steps', Math.max(1, left - at)),
    lr: {
      peak: settle('lr.peak', parent.lr.peak),
      warmup: settle('lr.warmup', experiment.lr.warmup),
      schedule: settle('lr.schedule', constant()),
      minRatio: settle('lr.minRatio', parent.lr.minRatio),
    },
    data: settle('data', null),
    order: { by: settle('order.by', null) },
    carry: { ...settleCarry(settle, true), data: settle('carry.data', true) },
  };
  if (from !== 'main' && fork === undefined) {
    const known = ['main', ...before.map((earlier) => earlier.name)];
    const message = `leaves the path "${from}", which is neither the main path nor a fork before it`;
    problems.push({ ...place, message, remedy: didYouMean(from, known) });
  } else if (spec.at > left) {
    problems.push({ ...place, message: `leaves the ${from} path after ${spec.at} steps, but it has ${left}` });
  }
  return { name, spec, fields: settle.fields };
}

/** Asks while plugins may ask back for losses; says which of them wait. A plugin that swallows that it must wait still waits. */
function askWithLosses(
  { plugins }: PreparedStrategy,
  losses: SequenceLosses | undefined,
  question: () => readonly Contribution[],
): { readonly parts: readonly Contribution[] } | { readonly waiting: readonly string[] } {
  for (const { services } of plugins) [services.losses, services.waiting] = [losses ?? 'pending', false];
  const waiting = () => plugins.filter(({ services }) => services.waiting).map(({ plugin }) => plugin.name);
  try {
    const parts = question();
    const late = waiting();
    return late.length > 0 ? { waiting: late } : { parts };
  } catch (error) {
    const late = waiting();
    if (late.length > 0) return { waiting: late };
    throw error;
  } finally {
    for (const { services } of plugins) services.losses = undefined;
  }
}

const notScored = {
  message: 'takes the sequences with the highest scores, but the data has no scores',
  remedy: "Give the data a score: data.score: 'diversity', or name the column with scoreField.",
};

interface Settle {
  <T>(field: string, fallback: T): T;
  readonly fields: Map<string, Owned>;
}

/** Gives the value of a field and remembers the kernel as the owner of defaults. */
function settler(fields: ReadonlyMap<string, Owned>): Settle {
  const all = new Map<string, Owned>();
  const settle = <T>(field: string, fallback: T): T => {
    const owned = fields.get(field) ?? { value: fallback, owner: KERNEL };
    all.set(field, owned);
    return owned.value as T;
  };
  return Object.assign(settle, { fields: all });
}

function settleCarry(settle: Settle, schedule: boolean): CarrySpec {
  return {
    weights: settle('carry.weights', true),
    optimizer: settle('carry.optimizer', true),
    schedule: settle('carry.schedule', schedule),
    random: settle('carry.random', true),
    plugins: settle('carry.plugins', true),
  };
}

/** Whole batches in the data a version uses. Increments are counted one by one, so that "all" is the sum of its "new"s. */
function stepsOf(data: DataSpec, version: VersionInfo, experiment: ExperimentInfo): number {
  const { batch, versions } = experiment;
  if (data.use === 'chosen') return Math.max(1, Math.floor(data.sequences.length / batch));
  const all = data.use === 'all' || (data.use === 'subset' && data.of === 'all');
  const used = all ? versions.filter(({ index }) => index <= version.index) : [version];
  const count = used.reduce((sum, { sequences }) => sum + sequences, 0);
  if (data.use === 'subset') return Math.floor(subsetSize(count, data.share, batch) / batch);
  return Math.max(
    1,
    used.reduce((sum, { sequences }) => sum + Math.floor(sequences / batch), 0),
  );
}

/** One mistake shows in every version; it is told for the first. */
function tellOnce(problems: readonly Problem[]): readonly Problem[] {
  const told = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify({ ...problem, version: undefined });
    return !told.has(key) && told.add(key);
  });
}
