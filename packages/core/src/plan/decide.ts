/** Decides every field of a strategy's versions and forks. Uses neither data nor tensors. */
import { BranchlineError, type ErrorPlace, type Problem } from '../errors.js';
import type { SequenceLosses } from '../plugin/contexts.js';
import type { AskLosses, PluginDriver } from '../plugin/driver.js';
import { checkLossRequest, lossRequestKey } from '../plugin/loss-request.js';
import { type Conflict, conflictProblems, type Owned } from '../plugin/merge.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { VersionInfo } from '../spec/experiment-info.js';
import type { ForkSpec, VersionSpec } from '../spec/fields.js';
import { forkFields, versionFields } from '../spec/fields.js';
import type { OrderBy } from '../spec/values.js';
import { didYouMean, nearest } from '../suggest.js';
import { type Settled, settle } from './settle.js';

/** Values with their owners, for `plan --explain`. */
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
  /** The forks decided so far, in the order of `spec.forks`. While one waits, those after it that do not leave it. */
  readonly forks: readonly DecidedFork[];
  /** The first fork that waits for losses. */
  readonly pending?: PendingFork;
}

/** A fork that waits for losses. */
export interface PendingFork {
  readonly name: string;
  /** Plugins that wait. */
  readonly plugins: readonly string[];
  /** Where the losses are measured, and on what. */
  readonly request: SettledLossRequest;
  /** The fork as it is expected, if where it leaves or how long it is does not wait for the losses. */
  readonly expected?: ForkSpec;
}

/** A request for losses with its defaults. */
export interface SettledLossRequest {
  /** Names the request as the plugin made it. */
  readonly key: string;
  readonly path: string;
  /** Steps of the path; undefined: its end. */
  readonly at: number | undefined;
  readonly on: 'data' | 'held-out';
  /** Sequences to measure; absent: all. */
  readonly sample?: number;
}

/** Losses that a fork asked for, by the key of the request; undefined when they are not measured yet. */
export type KnownLosses = (version: number, fork: string, request: string) => SequenceLosses | undefined;

/** The decisions of a strategy, version by version. */
export interface Decision {
  readonly versions: readonly DecidedVersion[];
  readonly problems: readonly Problem[];
}

/** Decides every version and its forks. Collects the problems of all versions; repeated ones are reported once. */
export function decide(driver: PluginDriver, losses: KnownLosses = () => undefined): Decision {
  const { strategy, experiment } = driver;
  const problems: Problem[] = [];
  const conflicts: Conflict[] = [];
  const scope: Scope = { driver, problems, conflicts, losses };
  const versions = experiment.versions.map((version) => decideVersion(scope, version));
  problems.push(...conflictProblems(conflicts, strategy.configPath));
  const forked = versions.some(({ spec }) => spec.forks.length > 0);
  if (strategy.complete && !forked && Object.keys(strategy.forkOverrides).length > 0) {
    const [name] = Object.keys(strategy.forkOverrides);
    const message = `changes nothing: no version of this strategy has a fork`;
    problems.push({ strategy: strategy.name, configPath: `${strategy.configPath}.overrides.fork.${name}`, message });
  }
  return { versions, problems: withoutRepeats(problems) };
}

/** A strategy during deciding; collects problems. */
interface Scope {
  readonly driver: PluginDriver;
  readonly problems: Problem[];
  readonly conflicts: Conflict[];
  readonly losses: KnownLosses;
}

function decideVersion(scope: Scope, version: VersionInfo): DecidedVersion {
  const { driver, problems } = scope;
  const { strategy, experiment } = driver;
  const place = { strategy: strategy.name, version: version.index };
  const merged = driver.version(version);
  problems.push(...merged.problems.map((problem) => ({ ...place, ...problem, hook: 'onVersion' })));
  scope.conflicts.push(...merged.conflicts);
  const settled = settle(versionFields, merged.fields, (spec: VersionSpec) => ({ experiment, version, spec }));
  problems.push(...wrongVersion(driver, version, settled, place));
  const { spec } = settled;
  const forks: DecidedFork[] = [];
  let pending: PendingFork | undefined;
  for (const name of spec.forks) {
    const fork = decideFork(scope, version, name, { spec, forks, waits: pending !== undefined });
    if (fork === undefined || ('spec' in fork && fork.spec.skip)) continue;
    if ('plugins' in fork) pending ??= fork;
    else forks.push(fork);
  }
  if (pending !== undefined)
    return { version, ...expectRelease(scope, version, settled, forks, pending), forks, pending };
  const { path } = spec.release;
  if (path !== 'main' && spec.forks.includes(path) && !forks.some(({ name }) => name === path)) {
    problems.push({ ...place, path, message: 'is released, but a plugin skips it', remedy: 'Skip another branch.' });
  }
  return { version, ...decideRelease(scope, version, settled, forks), forks };
}

/** What `onRelease` would decide with the fork that waits as it is expected; problems are not reported. */
function expectRelease(
  scope: Scope,
  version: VersionInfo,
  settled: Settled<VersionSpec>,
  forks: readonly DecidedFork[],
  { name, expected }: PendingFork,
): Settled<VersionSpec> {
  const all = expected === undefined ? forks : [...forks, { name, spec: expected, fields: new Map() }];
  try {
    return decideRelease({ ...scope, problems: [], conflicts: [] }, version, settled, all);
  } catch (error) {
    if (error instanceof BranchlineError) return settled;
    throw error;
  }
}

/** Adds what `onRelease` decides to the fields of a version. */
function decideRelease(
  { driver, problems, conflicts }: Scope,
  version: VersionInfo,
  { spec, fields }: Settled<VersionSpec>,
  forks: readonly DecidedFork[],
): Settled<VersionSpec> {
  const { strategy } = driver;
  const merged = driver.release(version, spec, orderOfPath(spec.release.path, spec, forks));
  const place = { strategy: strategy.name, version: version.index, hook: 'onRelease' };
  problems.push(...merged.problems.map((problem) => ({ ...place, ...problem })));
  conflicts.push(...merged.conflicts);
  const late = merged.fields.get('release.average');
  if (late?.owner.kind !== 'plugin') return { spec, fields };
  const early = fields.get('release.average')!.owner;
  if (early.kind === 'plugin') {
    const inOrder = strategy.plugins.flatMap(({ configPath }) =>
      [early, late.owner].filter((owner) => owner.configPath === configPath),
    );
    conflicts.push({ field: 'release.average', first: inOrder[0]!, second: inOrder[1]! });
    return { spec, fields };
  }
  const release = { ...spec.release, average: late.value as VersionSpec['release']['average'] };
  return { spec: { ...spec, release }, fields: new Map([...fields, ['release.average', late]]) };
}

/** The order of the sequences on a path: a branch without data or an order of its own continues the path it leaves. */
function orderOfPath(name: string, spec: VersionSpec, forks: readonly DecidedFork[]): OrderBy {
  const index = forks.findIndex((one) => one.name === name);
  if (index < 0) return spec.order.by;
  const { order, data, from } = forks[index]!.spec;
  if (order.by !== null) return order.by;
  return data === null ? orderOfPath(from, spec, forks.slice(0, index)) : spec.order.by;
}

/** Problems that concern several fields of a version. */
function wrongVersion(
  { strategy, experiment }: PluginDriver,
  version: VersionInfo,
  { spec, fields }: Pick<DecidedVersion, 'spec' | 'fields'>,
  place: ErrorPlace,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { start, data, order, release, forks } = spec;
  const wrong = (field: string, message: string, remedy?: string) => {
    const owner = fields.get(field)?.owner;
    const plugin = owner?.kind === 'plugin' && { plugin: owner.name, configPath: owner.configPath };
    problems.push({ ...place, ...plugin, message, ...(remedy !== undefined && { remedy }) });
  };
  if (version.index === 1 && start.from !== 'scratch') {
    wrong('start', `version 1 cannot start from a ${start.from}: there is no earlier version`);
  }
  if (start.from === 'release' && start.version !== undefined && start.version >= version.index) {
    wrong('start', `starts from the release of version ${start.version}, which is not earlier`);
  }
  if ([fields.get('epochs'), fields.get('steps')].every((set) => set!.owner.kind === 'plugin')) {
    wrong('epochs', 'decides how many steps the version has, but steps is set too', 'Set one of them.');
  }
  if (data.use === 'subset' && data.by === 'score' && !experiment.scored) {
    wrong('data', 'takes the sequences with the highest scores, but the data has no scores', GIVE_SCORES);
  }
  if (data.use === 'subset' && data.by === 'random' && data.domains !== undefined) {
    wrong('data', 'takes random sequences, which domains does not rank', 'Leave out domains.');
  }
  if (data.use === 'subset' && data.of === 'all' && data.replay !== undefined) {
    wrong('data', 'replays earlier versions, but a subset of all data has them already', "Take a subset of: 'new'.");
  }
  if (order.by.by !== 'shuffled' && !experiment.scored) {
    wrong('order.by', `orders data by score (${order.by.by}), but the data has no scores`, GIVE_SCORES);
  }
  if (strategy.complete && release.path !== 'main' && !forks.includes(release.path)) {
    const message = `releases the path "${release.path}", which the version does not have`;
    wrong('release.path', message, didYouMean(release.path, ['main', ...forks]));
  }
  return problems;
}

const GIVE_SCORES = "Give the data a score: data.score: 'diversity', or name the column with scoreField.";

/** `waits`: an earlier fork waits for losses. Returns undefined for a fork that depends on it. */
function decideFork(
  { driver, problems, conflicts, losses }: Scope,
  version: VersionInfo,
  name: string,
  { spec: parent, forks: before, waits }: Pick<DecidedVersion, 'spec' | 'forks'> & { readonly waits: boolean },
): DecidedFork | PendingFork | undefined {
  const { strategy, experiment } = driver;
  const place = { strategy: strategy.name, version: version.index, path: name };
  const lengths = new Map([
    ['main', parent.steps],
    ...before.map((fork): [string, number] => [fork.name, fork.spec.steps]),
  ]);
  const ask: AskLosses = (asked) => {
    const request = checkLossRequest(asked, lengths);
    return { request, losses: losses(version.index, name, lossRequestKey(request)) };
  };
  const branch = { version, fork: name, spec: parent, forks: before.map(({ name: of, spec }) => ({ name: of, spec })) };
  const answer = driver.fork(branch, ask);
  const known = 'waiting' in answer ? answer.others : answer;
  problems.push(...known.problems.map((problem) => ({ ...place, ...problem, hook: 'onFork' })));
  conflicts.push(...known.conflicts);
  const merged = 'waiting' in answer ? (driver.expectFork(branch, ask) ?? known) : known;

  const set = (field: string) => merged.fields.get(field)?.value as number | undefined;
  const leaves = merged.fields.get('from')?.value as string | undefined;
  if (waits && leaves !== undefined && !lengths.has(leaves)) return undefined;
  const decided = set('at') !== undefined || set('steps') !== undefined;
  const skipped = merged.fields.get('skip')?.value === true;
  if (strategy.complete && !decided && !skipped && !('waiting' in answer)) {
    const { configPath } = strategy;
    const message = 'no plugin sets where the branch starts or how many steps it has';
    problems.push({ ...place, configPath, message, remedy: unsetForkRemedy(strategy, name) });
  }
  const stepsOf = (fork: string) => before.find((earlier) => earlier.name === fork)?.spec.steps;
  const lossOf = (path: string) =>
    path === 'main' ? parent.loss : before.find((earlier) => earlier.name === path)?.spec.loss;
  const steps = set('steps');
  const { spec, fields } = settle(forkFields, merged.fields, (settled: ForkSpec) => ({
    experiment,
    parent,
    spec: settled,
    steps,
    stepsOf,
    lossOf,
  }));
  const { from, at } = spec;
  const left = lengths.get(from);
  // What does not wait for losses is wrong already.
  const isFinal = (field: string) => !('waiting' in answer) || known.fields.has(field);
  if (left === undefined) {
    const message = `leaves the path "${from}", which is neither the main path nor a fork before it`;
    if (isFinal('from')) problems.push({ ...place, message, remedy: didYouMean(from, [...lengths.keys()]) });
  } else if (at > left && isFinal('at')) {
    problems.push({ ...place, message: `leaves the ${from} path after ${at} steps, but it has ${left}` });
  }
  if (!('waiting' in answer)) return { name, spec, fields };
  const expected = (decided || leaves !== undefined) && left !== undefined && at <= left ? spec : undefined;
  const { path = expected?.from ?? previous(lengths), at: step, on = 'data', sample } = answer.request;
  return {
    name,
    plugins: answer.waiting,
    request: {
      key: lossRequestKey(answer.request),
      path,
      at: step ?? (decided && path === expected?.from ? expected.at : undefined),
      on,
      ...(sample !== undefined && { sample }),
    },
    ...(decided && expected !== undefined && { expected }),
  };
}

/** The path that was decided last. */
const previous = (lengths: ReadonlyMap<string, number>): string => [...lengths.keys()].at(-1)!;

/** Removes repeats: a problem of several versions is reported for the first one. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify({ ...problem, version: undefined });
    return !seen.has(key) && seen.add(key);
  });
}

/** A branch that no plugin decides is often misspelt in `onFork`. */
function unsetForkRemedy({ plugins }: PreparedStrategy, name: string): string {
  const named = plugins.flatMap(({ plugin: { onFork } }) => (typeof onFork === 'object' ? Object.keys(onFork) : []));
  const meant = nearest(name, named);
  if (meant !== undefined) return `Return \`at\` or \`steps\` from onFork.${name}; is onFork.${meant} misspelt?`;
  return 'Return `at` or `steps` from onFork.';
}
