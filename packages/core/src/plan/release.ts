import { BranchlineError, type Problem } from '../errors.js';
import {
  type PlannedPath,
  type PlannedRelease,
  type PlannedVersion,
  type Point,
  positionOf,
  type Root,
} from '../path/path.js';
import type { AveragedState, AveragePart } from '../spec/values.js';
import { didYouMean } from '../suggest.js';
import type { DecidedVersion } from './decide.js';

/** The states that an average can name. */
export interface NamedStates {
  /** Paths of the version, the main path first. */
  readonly paths: readonly PlannedPath[];
  /** The versions before it. */
  readonly earlier: readonly PlannedVersion[];
  /** Seed of the fresh weights. */
  readonly seed: number;
}

/**
 * The released state of a version: the end of a path, or a weighted sum of states: of the path and its ancestors in the
 * version, or named ones. Throws a `plan` error for a state that does not exist, and for one that is counted back into
 * another version.
 */
export function planRelease(strategy: string, decided: DecidedVersion, states: NamedStates): PlannedRelease {
  const { spec, version } = decided;
  const path = states.paths.find(({ name }) => name === spec.release.path)!;
  const end: Point = { lineage: path.lineage, steps: path.end };
  const plain = { version: version.index, path: path.name, point: end, averaged: 1 };
  const parts = partsOf(spec.release.average ?? []);
  if (parts.length === 0 || (parts.length === 1 && isEnd(parts[0]!))) return plain;
  const points = parts.map((part) => {
    const found = stateOf(part, end, states, version.index);
    if (!('message' in found)) return { point: found, weight: part.weight };
    const owner = decided.fields.get('release.average')?.owner;
    const where = { strategy, version: version.index, path: path.name };
    throw new BranchlineError('plan', { ...where, plugin: owner?.name, configPath: owner?.configPath, ...found });
  });
  const root: Root = { kind: 'derived', parts: points, position: positionOf(end) };
  return { ...plain, point: { lineage: { root, ranges: [] }, steps: 0 }, averaged: points.length };
}

/** The states that an average takes and that exist; `end`: where the released path ends, if that is known. */
export function statesOfAverage(
  average: readonly AveragePart[],
  end: Point | undefined,
  states: NamedStates,
  version: number,
): readonly Point[] {
  return average.flatMap((part) => {
    const found = stateOf(part, end, states, version);
    return 'message' in found ? [] : [found];
  });
}

/**
 * Parts with their weights added up, without those of weight 0, in an order that does not depend on how they were
 * written: named states, then those counted back, the first one first.
 */
function partsOf(average: readonly AveragePart[]): readonly AveragePart[] {
  const found = new Map<string, AveragePart>();
  for (const part of average) {
    const { weight, ...state } = part;
    const key = JSON.stringify(Object.entries(state).sort());
    found.set(key, { ...part, weight: weight + (found.get(key)?.weight ?? 0) });
  }
  const named = [...found].filter(([, { state }]) => state !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  const back = [...found.values()].flatMap((part) => (part.state === undefined ? [part] : []));
  const all = [...named.map(([, part]) => part), ...back.sort((a, b) => b.stepsBack - a.stepsBack)];
  return all.filter(({ weight }) => weight !== 0);
}

const isEnd = (part: AveragePart) => part.state === undefined && part.stepsBack === 0;

/** The state of a part, or what is wrong with it. */
function stateOf(
  part: AveragePart,
  end: Point | undefined,
  states: NamedStates,
  version: number,
): Point | Pick<Problem, 'message' | 'remedy'> {
  const main = states.paths[0]!;
  switch (part.state) {
    case undefined:
      return end === undefined
        ? { message: 'averages a path that is not decided' }
        : countedBack(part.stepsBack, end, main);
    case 'start':
      return { lineage: main.lineage, steps: main.begin };
    case 'fresh':
      return { lineage: { root: { kind: 'init', seed: states.seed, position: 0 }, ranges: [] }, steps: 0 };
    default:
      return namedState(part, states, version, 'averages');
  }
}

/** A state of an earlier version, or of a path; or what is wrong with it. `does` says what is done with it. */
export function namedState(
  part: Extract<AveragedState, { readonly state: 'release' | 'path' }>,
  { paths, earlier }: Omit<NamedStates, 'seed'>,
  version: number,
  does: 'averages' | 'learns from',
): Point | Pick<Problem, 'message' | 'remedy'> {
  switch (part.state) {
    case 'release': {
      const of = part.version ?? version - 1;
      const release = earlier[of - 1]?.release;
      return release?.point ?? { message: `${does} the release of version ${of}, which is not an earlier version` };
    }
    case 'path': {
      const { path: name, version: of = version, stepsBack = 0 } = part;
      const known = of === version ? paths : pathsOfVersion(earlier[of - 1]);
      const path = known.find((one) => one.name === name);
      if (path === undefined) {
        const remedy =
          known.length > 0
            ? didYouMean(
                name,
                known.map((one) => one.name),
              )
            : undefined;
        return { message: `${does} a state of the path "${name}" of version ${of}, which does not exist`, remedy };
      }
      if (stepsBack <= path.end - path.begin) return { lineage: path.lineage, steps: path.end - stepsBack };
      const has = path.end - path.begin;
      return {
        message: `${does} a state ${stepsBack} steps before the end of the ${name} path of version ${of}, which has ${has}`,
      };
    }
  }
}

const pathsOfVersion = (version: PlannedVersion | undefined): readonly PlannedPath[] =>
  version === undefined ? [] : [version.main, ...version.forks];

/** A state counted back from the end of a path. The first one is the state that the version starts from. */
function countedBack(stepsBack: number, end: Point, main: PlannedPath): Point | Pick<Problem, 'message' | 'remedy'> {
  const own = stepsOfVersion(end, main);
  if (stepsBack <= own) return { lineage: end.lineage, steps: end.steps - stepsBack };
  const elsewhere = stepsBack <= end.steps ? ', so it would reach into another version' : '';
  return {
    message: `averages a state ${stepsBack} steps before the end, but the path and its ancestors have only ${own} in this version${elsewhere}`,
    remedy: 'Average fewer checkpoints, closer together, or train longer.',
  };
}

/** Steps from the state that a version starts from to the end of one of its paths, as far as the path goes back. */
function stepsOfVersion(end: Point, main: PlannedPath): number {
  // A reset begins a new lineage: its path has no states of the paths before it.
  return end.lineage.root === main.lineage.root ? end.steps - main.begin : end.steps;
}
