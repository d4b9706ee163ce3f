/** Turns the decisions of one strategy into paths: starts, schedules, data orders, branches and releases. */
import { BranchlineError } from '../errors.js';
import {
  type Lineage,
  type PlannedPath,
  type PlannedVersion,
  type Point,
  positionOf,
  type Root,
} from '../path/path.js';
import { expandSchedule } from '../path/rate-pieces.js';
import { countSteps, joinRanges, rateBefore, type StepRange, takeSteps } from '../path/step-ranges.js';
import { copyCursor, forkCursor, freshCursor, type PluginCursor } from '../plugin/cursor.js';
import type { PluginDriver } from '../plugin/driver.js';
import type { ForkSpec } from '../spec/fields.js';
import type { CarrySpec, LearningRateSpec, LossSpec } from '../spec/spec.js';
import type { AveragePart } from '../spec/values.js';
import type { DataProvider } from './data.js';
import type { DecidedFork, DecidedVersion, Explained, PendingFork } from './decide.js';
import { type ObjectiveSource, teachersOf, withObjective } from './objectives.js';
import { OrderMaker, type Orders } from './orders.js';
import { pathsOf } from './path-uses.js';
import { type NamedStates, planRelease, statesOfAverage } from './release.js';
import { type DecidedSteps, decideSteps, layRanges, type OrderSequence } from './steps.js';

/** The paths of a strategy as far as they are decided. */
export interface Expansion {
  readonly versions: readonly PlannedVersion[];
  /** Paths whose warm-up is longer than they are. */
  readonly cutWarmups: readonly CutWarmup[];
  /** The first fork that waits for losses. `versions` are those before the version of this fork. */
  readonly open?: OpenFork;
}

/** A path that ends before its warm-up does, so that it never trains at the peak rate. */
export interface CutWarmup {
  readonly version: number;
  readonly path: string;
  /** Steps of the path, fewer than `warmup`. */
  readonly steps: number;
  readonly warmup: number;
}

/** A fork whose decider waits for losses. */
export interface OpenFork {
  readonly version: number;
  readonly name: string;
  readonly plugins: readonly string[];
  /** Names the request of its plugin. */
  readonly request: string;
  /** The state whose losses are needed. */
  readonly point: Point;
  /** States that forks, averages and captures of the version need, as far as they are decided. */
  readonly needed: readonly Point[];
  /** All paths laid out so far, of this version and earlier ones. */
  readonly paths: readonly PlannedPath[];
  /** Paths of later versions that are decided already. */
  readonly later: readonly PlannedPath[];
  /** Sequences whose losses are needed, ascending. */
  readonly sequences: Uint32Array;
}

/** Lays out the paths of one strategy, version by version. Adds the ids of all data orders it uses to `orders`. */
export function expand(
  driver: PluginDriver,
  decided: readonly DecidedVersion[],
  data: DataProvider,
  orders: Orders,
  objectives: ObjectiveSource,
): Expansion {
  const scope: Scope = {
    driver,
    orderMaker: new OrderMaker(data, driver.experiment, orders),
    objectives,
    done: [],
    cutWarmups: [],
  };
  const versions = () => scope.done.map(({ planned }) => planned);
  for (const [index, version] of decided.entries()) {
    const laid = expandVersion(scope, version);
    if ('planned' in laid) {
      scope.done.push(laid);
      continue;
    }
    const rest = decided.slice(index + 1);
    const open = openFork(scope, version, version.pending!, laid, rest);
    const later = layLater(scope, rest, laid.get('main')!);
    return { versions: versions(), cutWarmups: scope.cutWarmups, open: { ...open, later } };
  }
  return { versions: versions(), cutWarmups: scope.cutWarmups };
}

/** State and random streams of every plugin of the strategy, in plugin order. */
type Cursors = readonly PluginCursor[];

/** A version that later ones can start from. */
interface DoneVersion {
  readonly planned: PlannedVersion;
  /** Plugin cursors at the end of each path. */
  readonly ends: ReadonlyMap<string, Cursors>;
}

interface Scope {
  readonly driver: PluginDriver;
  readonly orderMaker: OrderMaker;
  readonly objectives: ObjectiveSource;
  readonly done: DoneVersion[];
  readonly cutWarmups: CutWarmup[];
}

/** A state with the plugin cursors at it. */
interface Parent {
  readonly point: Point;
  readonly cursors: Cursors;
}

/** A path with its steps laid out. */
interface LaidPath extends DecidedSteps {
  readonly path: PlannedPath;
  readonly end: Cursors;
  /** Plugin cursors at the steps where forks leave the path, before its end. */
  readonly at: ReadonlyMap<number, Cursors>;
  /** The data it trains on, and the number of steps into this data at which it starts. */
  readonly orders: OrderSequence;
  readonly skip: number;
  readonly captured: readonly Point[];
}

/** The paths of a version by name, the main path first. */
type LaidPaths = ReadonlyMap<string, LaidPath>;

/** Returns the paths laid so far if a fork waits. */
function expandVersion(scope: Scope, decided: DecidedVersion): DoneVersion | LaidPaths {
  const { strategy } = scope.driver;
  const { version, pending } = decided;
  const start = parentOf(scope, decided);
  const main = layMain(scope, decided, start);
  const paths = new Map([['main', main]]);
  for (const fork of decided.forks) paths.set(fork.name, layFork(scope, decided, fork, paths, start));
  if (pending !== undefined) return paths;
  const all = [...paths.values()];
  const release = planRelease(strategy.name, decided, namedStates(scope, paths));
  const forks = all.slice(1).map(({ path }) => path);
  const captures = all.flatMap(({ captured }) => captured);
  const ends = new Map([...paths].map(([name, { end }]) => [name, end]));
  return { planned: { version: version.index, main: main.path, forks, release, captures }, ends };
}

function layMain(scope: Scope, decided: DecidedVersion, parent: Parent | undefined): LaidPath {
  const { spec, version } = decided;
  const place = { strategy: scope.driver.strategy.name, version: version.index, path: 'main' };
  const orders = scope.orderMaker.ofVersion(version.index, spec.data, spec.order.by, spec.order.scope, place);
  const { carry, lr, loss, steps } = spec;
  const own = { loss, fields: decided.fields, start: parent?.point, before: new Map<string, LaidPath>() };
  return layPath(scope, decided, { name: 'main', parent, carry, lr, ...own, steps, orders, skip: 0 });
}

/** What a fork that waits for losses waits for. */
function openFork(
  scope: Scope,
  decided: DecidedVersion,
  pending: PendingFork,
  laid: LaidPaths,
  rest: readonly DecidedVersion[],
): Omit<OpenFork, 'later'> {
  const { version, spec } = decided;
  const { name, plugins, request } = pending;
  const own = [...laid.values()].map(({ path }) => path);
  const path = laid.get(request.path)!;
  const place = { strategy: scope.driver.strategy.name, version: version.index, path: name };
  const { at = path.steps } = request;
  if (at > path.steps) {
    const message = `asks for losses after ${at} steps of the ${request.path} path, which a plugin stopped after ${path.steps}`;
    throw new BranchlineError('plan', { ...place, message });
  }
  return {
    version: version.index,
    name,
    plugins,
    request: request.key,
    point: { lineage: path.path.lineage, steps: path.path.begin + at },
    needed: [
      ...[...decided.forks.map((fork) => fork.spec), ...(pending.expected ? [pending.expected] : [])].flatMap((fork) =>
        laid.has(fork.from) ? [leavingPoint(fork, laid)] : [],
      ),
      ...partsOfRelease(decided, pending, laid, namedStates(scope, laid)),
      ...partsOfLater(rest, version.index, namedStates(scope, laid)),
      ...[...laid.values()].flatMap(({ captured }) => captured),
      ...own.flatMap((one) => teachersOf(one, scope.driver.experiment.batch)),
    ],
    paths: [...pathsOf(scope.done.map(({ planned }) => planned)), ...own],
    sequences: scope.orderMaker.measured(version.index, spec.data, request, place),
  };
}

/** The state at which a fork leaves its path. */
function leavingPoint({ from, at }: Pick<ForkSpec, 'from' | 'at'>, laid: LaidPaths): Point {
  const { path } = laid.get(from)!;
  return { lineage: path.lineage, steps: path.begin + at };
}

/** The states that averages of a version can name, as far as its paths are laid. */
const namedStates = ({ done, driver }: Scope, laid: LaidPaths): NamedStates => ({
  paths: [...laid.values()].map(({ path }) => path),
  earlier: done.map(({ planned }) => planned),
  seed: driver.experiment.seed,
});

/** States of the paths laid so far that the release of the version averages, as far as that is known. */
function partsOfRelease(
  { spec, version }: DecidedVersion,
  { name, expected }: PendingFork,
  laid: LaidPaths,
  states: NamedStates,
): readonly Point[] {
  const { path, average } = spec.release;
  if (average === null) return [];
  const released = laid.get(path)?.path;
  if (released !== undefined) {
    return statesOfAverage(average, { lineage: released.lineage, steps: released.end }, states, version.index);
  }
  if (path !== name || expected === undefined || !laid.has(expected.from)) {
    return statesOfAverage(average, undefined, states, version.index);
  }
  // The fork that waits, as it is expected: what its own steps do not reach is in the path that it leaves.
  const reaching = average.flatMap((part): AveragePart[] => {
    if (part.state !== undefined) return [part];
    return part.stepsBack < expected.steps ? [] : [{ ...part, stepsBack: part.stepsBack - expected.steps }];
  });
  return statesOfAverage(reaching, leavingPoint(expected, laid), states, version.index);
}

/** States of this version and earlier ones that averages of later versions name. */
function partsOfLater(rest: readonly DecidedVersion[], version: number, states: NamedStates): readonly Point[] {
  return rest.flatMap(({ spec }) => {
    const named = (spec.release.average ?? []).filter(
      (part) => part.state === 'path' && part.version !== undefined && part.version <= version,
    );
    return statesOfAverage(named, undefined, states, version);
  });
}

/** The main paths of the versions after one that waits, as long as each continues the one before. */
function layLater(scope: Scope, decided: readonly DecidedVersion[], before: LaidPath): readonly PlannedPath[] {
  const found: PlannedPath[] = [];
  let last = before;
  for (const version of decided) {
    const { start, loss } = version.spec;
    const teacher = loss.distil?.teacher.state;
    if (start.from === 'release' || teacher === 'release' || teacher === 'path') break;
    const { lineage, end: steps } = last.path;
    const continued: Parent = { point: { lineage, steps }, cursors: last.end };
    last = layMain(scope, version, start.from === 'scratch' ? undefined : continued);
    found.push(last.path);
  }
  return found;
}

function layFork(
  scope: Scope,
  decided: DecidedVersion,
  fork: DecidedFork,
  before: LaidPaths,
  start: Parent | undefined,
): LaidPath {
  const { name, spec, fields } = fork;
  const parent = before.get(spec.from)!;
  const { version, spec: of } = decided;
  const place = { strategy: scope.driver.strategy.name, version: version.index, path: name };
  if (spec.at > parent.steps) {
    const message = `leaves after ${spec.at} steps, but a plugin stopped the ${spec.from} path after ${parent.steps}`;
    throw new BranchlineError('plan', { ...place, message });
  }
  const by = spec.order.by ?? of.order.by;
  let { orders } = parent;
  let skip = spec.carry.data ? parent.skip + spec.at : 0;
  if (spec.data !== null || (spec.order.by !== null && !spec.carry.data)) {
    orders = scope.orderMaker.ofVersion(version.index, spec.data ?? of.data, by, of.order.scope, place);
    skip = 0;
  } else if (spec.order.by !== null) {
    orders = scope.orderMaker.remaining(parent.orders, skip, by, place);
    skip = 0;
  }
  const { carry, lr, loss, steps } = spec;
  const own = { loss, fields, start: start?.point, before };
  const point: Point = { lineage: parent.path.lineage, steps: parent.path.begin + spec.at };
  const from = { point, cursors: parent.at.get(spec.at) ?? parent.end };
  return layPath(scope, decided, { name, parent: from, carry, lr, ...own, steps, orders, skip });
}

interface PathRequest {
  readonly name: string;
  /** Absent: starts from fresh weights. */
  readonly parent: Parent | undefined;
  readonly carry: CarrySpec;
  readonly lr: LearningRateSpec;
  readonly loss: LossSpec;
  /** Who decided the fields of the path. */
  readonly fields: Explained;
  /** The state that the version starts from. */
  readonly start: Point | undefined;
  /** Paths of the version that are laid out already. */
  readonly before: LaidPaths;
  readonly steps: number;
  readonly orders: OrderSequence;
  /** Steps into the data at which the path starts. */
  readonly skip: number;
}

function layPath(scope: Scope, { version, forks }: DecidedVersion, request: PathRequest): LaidPath {
  const { driver, orderMaker } = scope;
  const { strategy, experiment } = driver;
  const { name, parent, carry, lr, orders, skip } = request;
  const leaving = new Set(forks.filter(({ spec }) => spec.from === name).map(({ spec }) => spec.at));
  const at = new Map<number, Cursors>();
  const { batch, seed } = experiment;
  const origin = departure(parent?.point, carry, seed);
  const cursors = strategy.plugins.map(({ plugin }, index) => {
    const initial = plugin.initialState ?? null;
    return parent
      ? forkCursor(parent.cursors[index]!, carry, initial, `${version.index}/${name}`)
      : freshCursor(initial, 'main');
  });
  const current = carry.schedule && parent ? rateBefore(parent.point.lineage.ranges, parent.point.steps) : undefined;
  const warmup = current === undefined ? lr.warmup : 0;
  if (warmup > request.steps) {
    scope.cutWarmups.push({ version: version.index, path: name, steps: request.steps, warmup });
  }
  const pieces = expandSchedule({
    steps: request.steps,
    warmup,
    base: current ?? lr.peak,
    min: lr.minRatio * lr.peak,
    schedule: lr.schedule,
  });
  const { loss, fields, start } = request;
  const place = { strategy: strategy.name, version: version.index, path: name };
  const states = namedStates(scope, request.before);
  const ranges = layRanges(pieces, orders, skip, batch);
  const laid = decideSteps(driver, {
    version,
    path: name,
    ranges: withObjective(ranges, { loss, place, fields, start, states }, scope.objectives, batch),
    steps: request.steps,
    ids: (order) => orderMaker.orders.get(order)!,
    ranks: orderMaker.ranks,
    cursors,
    before: (step) => {
      if (leaving.has(step)) at.set(step, cursors.map(copyCursor));
    },
  });
  const lineage = extend(origin, laid.ranges, batch);
  const begin = origin.steps;
  return {
    ...laid,
    path: { strategy: strategy.name, version: version.index, name, lineage, begin, end: begin + laid.steps },
    end: cursors,
    at,
    orders,
    skip,
    captured: laid.captures.map((step) => ({ lineage, steps: begin + step })),
  };
}

/** The state a version starts from; undefined for fresh weights. */
function parentOf({ done }: Scope, { spec: { start }, version }: DecidedVersion): Parent | undefined {
  if (start.from === 'scratch') return undefined;
  const index = start.from === 'release' ? (start.version ?? version.index - 1) : version.index - 1;
  const { planned, ends } = done[index - 1]!;
  const { main, release } = planned;
  return start.from === 'release'
    ? { point: release.point, cursors: ends.get(release.path)! }
    : { point: { lineage: main.lineage, steps: main.end }, cursors: ends.get('main')! };
}

/** The start of a path after the reset of the parts that are not carried over. */
function departure(parent: Point | undefined, carry: CarrySpec, seed: number): Point {
  const start = (root: Root): Point => ({ lineage: { root, ranges: [] }, steps: 0 });
  if (parent === undefined) return start({ kind: 'init', seed, position: 0 });
  // Fresh and derived states have zero moments anyway, so resetting the optimizer changes nothing.
  const fresh = parent.steps === 0 && parent.lineage.root.kind !== 'reset';
  const optimizer = carry.optimizer || fresh;
  if (carry.weights && optimizer) return parent;
  return start({ kind: 'reset', of: parent, weights: carry.weights, optimizer, seed, position: positionOf(parent) });
}

function extend(origin: Point, ranges: readonly StepRange[], batch: number): Lineage {
  const { root, ranges: before } = origin.lineage;
  const past = countSteps(before) === origin.steps ? before : takeSteps(before, origin.steps, batch);
  return { root, ranges: joinRanges([...past, ...ranges], batch) };
}
