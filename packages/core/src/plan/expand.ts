/** From decisions to paths: starts, schedules, orders, branches and releases of one strategy. */
import { BranchlineError, type Problem } from '../errors.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import { forkCursor } from '../plugin/services.js';
import type { ExperimentInfo } from '../plugin/types.js';
import type { DataProvider, MaterializedOrder } from './data.js';
import type { DecidedFork, DecidedVersion } from './decide.js';
import {
  type Lineage,
  type PlannedPath,
  type PlannedRelease,
  type PlannedVersion,
  type Point,
  positionOf,
  type Root,
} from './path.js';
import { countSteps, joinRuns, type StepRun, takeSteps } from './runs.js';
import { expandSchedule, rateAt } from './schedule.js';
import type { CarrySpec, DataSpec, OrderBy, OrderScope } from './spec.js';
import { askSteps, layRuns, type OrderSequence, remainingIds } from './steps.js';

/** Orders by digest: what an executor needs to turn runs into batches. */
export type Orders = Map<string, Uint32Array>;

/** The paths of one strategy, version by version. */
export function expand(
  strategy: PreparedStrategy,
  decided: readonly DecidedVersion[],
  experiment: ExperimentInfo,
  data: DataProvider,
  orders: Orders,
): readonly PlannedVersion[] {
  const planned: PlannedVersion[] = [];
  for (const version of decided) planned.push(expandVersion({ strategy, experiment, data, orders, planned }, version));
  return planned;
}

interface Scope {
  readonly strategy: PreparedStrategy;
  readonly experiment: ExperimentInfo;
  readonly data: DataProvider;
  readonly orders: Orders;
  readonly planned: readonly PlannedVersion[];
}

function expandVersion(scope: Scope, decided: DecidedVersion): PlannedVersion {
  const { strategy, experiment } = scope;
  const { spec, version } = decided;
  const parent = startPoint(scope, decided);
  const origin = departure(parent, spec.carry, experiment);
  const orders = versionOrders(scope, version.index, spec.data, spec.order.by, spec.order.scope);
  const cursors = strategy.plugins.map(({ services }) => services.cursor);
  for (const [index, { services, plugin }] of strategy.plugins.entries()) {
    if (parent !== undefined) {
      services.cursor = forkCursor(cursors[index]!, spec.carry, plugin.initialState ?? null, `${version.index}/main`);
    }
  }
  const base = spec.carry.schedule && parent !== undefined ? (rateBefore(parent) ?? spec.lr.peak) : spec.lr.peak;
  const pieces = expandSchedule({
    steps: spec.steps,
    warmup: spec.carry.schedule && parent !== undefined ? 0 : spec.lr.warmup,
    base,
    floor: spec.lr.floor * spec.lr.peak,
    shape: spec.lr.shape,
  });
  const snapshots = new Map<number, PreparedCursors>();
  const forkSteps = new Set(decided.forks.map(({ spec: { at } }) => at));
  const snapshot = (step: number) => {
    if (forkSteps.has(step)) snapshots.set(step, keepCursors(strategy));
  };
  const asked = askSteps({
    strategy,
    experiment,
    version,
    path: 'main',
    runs: layRuns(pieces, orders, 0, experiment.batch),
    steps: spec.steps,
    ids: (order) => scope.orders.get(order)!,
    before: snapshot,
  });
  snapshot(asked.steps);
  const end = keepCursors(strategy);
  const begin = origin.steps;
  const lineage = extend(origin, asked.runs, experiment.batch);
  const main: PlannedPath = {
    strategy: strategy.name,
    version: version.index,
    name: 'main',
    lineage,
    begin,
    end: begin + asked.steps,
  };
  const captures: Point[] = asked.captures.map((step) => ({ lineage, steps: begin + step }));

  const forks = decided.forks.map((fork) => {
    if (fork.spec.at > asked.steps) {
      throw planError(
        strategy,
        decided,
        fork.name,
        `leaves after ${fork.spec.at} steps, but a plugin stopped the main path after ${asked.steps}`,
      );
    }
    (snapshots.get(fork.spec.at) ?? end).restore();
    const { path, captured } = expandFork(scope, decided, fork, main, orders);
    captures.push(...captured);
    return path;
  });
  end.restore();
  const release = planRelease(scope, decided, [main, ...forks]);
  return { version: version.index, main, forks, release, captures };
}

function expandFork(
  scope: Scope,
  decided: DecidedVersion,
  fork: DecidedFork,
  main: PlannedPath,
  mainOrders: OrderSequence,
) {
  const { strategy, experiment, data } = scope;
  const { spec, name } = fork;
  const { version } = decided;
  const point: Point = { lineage: main.lineage, steps: main.begin + spec.at };
  const origin = departure(point, spec.carry, experiment);
  const by = spec.order.by ?? decided.spec.order.by;
  const orderScope = spec.order.scope ?? decided.spec.order.scope;
  let orders = mainOrders;
  let skip = spec.carry.data ? spec.at : 0;
  if (spec.data !== null || ((spec.order.by !== null || spec.order.scope !== null) && !spec.carry.data)) {
    orders = versionOrders(scope, version.index, spec.data ?? decided.spec.data, by, orderScope);
    skip = 0;
  } else if (spec.order.by !== null) {
    const rest = remainingIds(mainOrders, spec.at, experiment.batch);
    orders = { parts: 1, at: (index) => remember(scope, data.reorder(rest, by, experiment.seed + index)) };
    skip = 0;
  }
  for (const { services, plugin } of strategy.plugins) {
    services.cursor = forkCursor(services.cursor, spec.carry, plugin.initialState ?? null, `${version.index}/${name}`);
  }
  const current = spec.carry.schedule ? rateBefore(point) : undefined;
  const pieces = expandSchedule({
    steps: spec.steps,
    warmup: spec.carry.schedule ? 0 : spec.lr.warmup,
    base: current ?? spec.lr.peak,
    floor: spec.lr.floor * spec.lr.peak,
    shape: spec.lr.shape,
  });
  const asked = askSteps({
    strategy,
    experiment,
    version,
    path: name,
    runs: layRuns(pieces, orders, skip, experiment.batch),
    steps: spec.steps,
    ids: (order) => scope.orders.get(order)!,
  });
  const lineage = extend(origin, asked.runs, experiment.batch);
  const begin = origin.steps;
  const path: PlannedPath = {
    strategy: strategy.name,
    version: version.index,
    name,
    lineage,
    begin,
    end: begin + asked.steps,
  };
  return { path, captured: asked.captures.map((step): Point => ({ lineage, steps: begin + step })) };
}

/** The state a version starts from; undefined for fresh weights. */
function startPoint(scope: Scope, { spec, version }: DecidedVersion): Point | undefined {
  const { start } = spec;
  if (start.from === 'scratch') return undefined;
  const from =
    scope.planned[(start.from === 'release' ? (start.version ?? version.index - 1) : version.index - 1) - 1]!;
  return start.from === 'release' ? from.release.point : { lineage: from.main.lineage, steps: from.main.end };
}

/** The root or the point a path really departs from, after what is not carried was dropped. */
function departure(parent: Point | undefined, carry: CarrySpec, experiment: ExperimentInfo): Point {
  const { seed } = experiment;
  const start = (root: Root): Point => ({ lineage: { root, runs: [] }, steps: 0 });
  if (parent === undefined) return start({ kind: 'init', seed, position: 0 });
  const fresh = parent.steps === 0 && parent.lineage.root.kind !== 'reset';
  const optimizer = carry.optimizer || fresh;
  if (carry.weights && optimizer) return parent;
  return start({ kind: 'reset', of: parent, weights: carry.weights, optimizer, seed, position: positionOf(parent) });
}

function extend(origin: Point, runs: readonly StepRun[], batch: number): Lineage {
  const { root, runs: before } = origin.lineage;
  const past = countSteps(before) === origin.steps ? before : takeSteps(before, origin.steps, batch);
  return { root, runs: joinRuns([...past, ...runs], batch) };
}

/** The rate of the last step before a point; undefined at a root. */
function rateBefore(point: Point): number | undefined {
  let left = point.steps;
  for (const { rate } of point.lineage.runs) {
    if (left <= rate.steps) return left === 0 ? undefined : rateAt(rate, left - 1);
    left -= rate.steps;
  }
  return undefined;
}

function versionOrders(
  scope: Scope,
  version: number,
  use: DataSpec,
  by: OrderBy,
  orderScope: OrderScope,
): OrderSequence {
  const { data, experiment } = scope;
  const earlier = experiment.versions.filter(({ index }) => index < version);
  const own = experiment.versions[version - 1]!;
  let parts: { version: number; sequences?: number }[] = [{ version }];
  if (use.use === 'all') parts = [...earlier.map(({ index }) => ({ version: index })), { version }];
  if (use.use === 'mixture' && earlier.length > 0 && use.replay > 0) {
    const replayed = Math.round(use.replay * own.sequences);
    const total = earlier.reduce((sum, { sequences }) => sum + sequences, 0);
    let left = Math.min(replayed, total);
    const old = earlier.map(({ index, sequences }, place) => {
      const count = place === earlier.length - 1 ? left : Math.min(left, Math.round((replayed * sequences) / total));
      left -= count;
      return { version: index, sequences: count };
    });
    parts = [...old.filter(({ sequences }) => sequences > 0), { version, sequences: own.sequences - replayed }];
  }
  const requests = orderScope === 'together' ? [parts] : parts.map((part) => [part]);
  return {
    parts: requests.length,
    at(index) {
      const seed = experiment.seed + Math.floor(index / requests.length);
      return remember(scope, data.order({ parts: requests[index % requests.length]!, order: by, seed }));
    },
  };
}

function remember(scope: Scope, order: MaterializedOrder): MaterializedOrder {
  if (order.ids.length < scope.experiment.batch) {
    const message = `a batch of ${scope.experiment.batch} sequences does not fit into data of ${order.ids.length}`;
    throw new BranchlineError('data', {
      strategy: scope.strategy.name,
      message,
      remedy: 'Use a smaller batch or more data.',
    });
  }
  scope.orders.set(order.digest, order.ids);
  return order;
}

function planRelease(scope: Scope, decided: DecidedVersion, paths: readonly PlannedPath[]): PlannedRelease {
  const { spec, version } = decided;
  const path = paths.find(({ name }) => name === spec.release.path)!;
  const end: Point = { lineage: path.lineage, steps: path.end };
  const weights = new Map<number, number>();
  for (const { stepsBack, weight } of spec.release.average ?? []) {
    weights.set(stepsBack, (weights.get(stepsBack) ?? 0) + weight);
  }
  const parts = [...weights].filter(([, weight]) => weight !== 0).sort(([a], [b]) => b - a);
  const plain = { version: version.index, path: path.name, point: end, averaged: 1 };
  if (parts.length === 0 || (parts.length === 1 && parts[0]![0] === 0)) return plain;
  const oldest = parts[0]![0];
  if (oldest > end.steps) {
    const owner = decided.fields.get('release.average')?.owner;
    const place: Problem = {
      strategy: scope.strategy.name,
      version: version.index,
      path: path.name,
      plugin: owner?.name,
      configPath: owner?.configPath,
      message: '',
    };
    const message = `averages a state ${oldest} steps before the end, but the path and its past have only ${end.steps} steps`;
    throw new BranchlineError('plan', {
      ...place,
      message,
      remedy: 'Average fewer checkpoints, closer together, or train longer.',
    });
  }
  const root: Root = {
    kind: 'derived',
    parts: parts.map(([stepsBack, weight]) => ({
      point: { lineage: path.lineage, steps: path.end - stepsBack },
      weight,
    })),
    position: positionOf(end),
  };
  return { ...plain, point: { lineage: { root, runs: [] }, steps: 0 }, averaged: parts.length };
}

interface PreparedCursors {
  restore(): void;
}

/** Remembers where every plugin's services point, in copies that later steps do not touch. */
function keepCursors(strategy: PreparedStrategy): PreparedCursors {
  const kept = strategy.plugins.map(({ services }) => {
    const { cursor } = services;
    return forkCursor(cursor, { plugins: true, random: true }, null, cursor.streamName);
  });
  return {
    restore() {
      for (const [index, { services }] of strategy.plugins.entries()) {
        const cursor = kept[index]!;
        services.cursor = forkCursor(cursor, { plugins: true, random: true }, null, cursor.streamName);
      }
    },
  };
}

function planError(
  strategy: PreparedStrategy,
  decided: DecidedVersion,
  path: string,
  message: string,
): BranchlineError {
  return new BranchlineError('plan', { strategy: strategy.name, version: decided.version.index, path, message });
}
