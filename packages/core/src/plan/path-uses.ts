/** The path of a strategy that each segment belongs to. */
import type { RunGraph, Segment } from '../graph/run-graph.js';
import { segmentsOf } from '../graph/segments-of.js';
import type { PlannedPath, PlannedVersion } from '../path/path.js';

/** The first path of a strategy that uses a segment. */
export interface PathUse {
  readonly version: number;
  /** `main` or the name of a fork. */
  readonly path: string;
  /** Steps since the weights were initialized, at the start of the path. */
  readonly begin: number;
}

/** The paths of versions; each main path comes before its forks. */
export const pathsOf = (versions: readonly PlannedVersion[]): readonly PlannedPath[] =>
  versions.flatMap(({ main, forks }) => [main, ...forks]);

/** The segments that the paths of one strategy use, each with the first such path. */
export function pathUses(paths: readonly PlannedPath[], graph: RunGraph): ReadonlyMap<Segment, PathUse> {
  const uses = new Map<Segment, PathUse>();
  for (const path of paths) {
    const root = graph.find(path.lineage.root);
    if (root === undefined) continue;
    const use = { version: path.version, path: path.name, begin: path.lineage.root.position + path.begin };
    for (const { segment } of segmentsOf(path, root, graph.basis.batch)) {
      if (!uses.has(segment)) uses.set(segment, use);
    }
  }
  return uses;
}
