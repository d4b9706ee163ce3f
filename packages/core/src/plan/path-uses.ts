/** The paths of a strategy that each segment belongs to. */
import type { RunGraph, Segment } from '../graph/run-graph.js';
import { allSegmentsOf } from '../graph/segments-of.js';
import type { PlannedPath, PlannedVersion } from '../path/path.js';

/** A path of a strategy that uses a segment. */
export interface PathUse {
  readonly version: number;
  /** `main` or the name of a fork. */
  readonly path: string;
  /** Steps since the weights were initialized, at the start of the path. */
  readonly begin: number;
  /** The same where it leaves the segment, which can continue into another path. */
  readonly end: number;
}

/** The paths of versions; each main path comes before its forks. */
export const pathsOf = (versions: readonly PlannedVersion[]): readonly PlannedPath[] =>
  versions.flatMap(({ main, forks }) => [main, ...forks]);

/** The segments that the paths of one strategy use, each with those paths, the first one first. */
export function pathUses(paths: readonly PlannedPath[], graph: RunGraph): ReadonlyMap<Segment, readonly PathUse[]> {
  const uses = new Map<Segment, PathUse[]>();
  for (const path of paths) {
    const place = { version: path.version, path: path.name, begin: path.lineage.root.position + path.begin };
    for (const { segment, steps } of allSegmentsOf(path, graph)) {
      const use = { ...place, end: segment.from.position + steps };
      uses.set(segment, [...(uses.get(segment) ?? []), use]);
    }
  }
  return uses;
}

/** The first path that has a step: the one after `position` steps since the weights were initialized. */
export function useOfStep(uses: readonly PathUse[], position: number): PathUse {
  return uses.find(({ end }) => position < end) ?? uses.at(-1)!;
}
