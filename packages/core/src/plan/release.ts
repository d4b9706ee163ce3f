import { BranchlineError } from '../errors.js';
import { type PlannedPath, type PlannedRelease, type Point, positionOf, type Root } from '../path/path.js';
import type { DecidedVersion } from './decide.js';

/**
 * The released state of a version: the end of a path, or a weighted sum of states of the path and its ancestors in the
 * version. The first of them is the state that the version starts from. Throws a `plan` error for an average that
 * reaches further back.
 */
export function planRelease(strategy: string, decided: DecidedVersion, paths: readonly PlannedPath[]): PlannedRelease {
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
  const own = stepsOfVersion(end, paths[0]!);
  if (oldest > own) {
    const elsewhere = oldest <= end.steps ? ', so it would reach into another version' : '';
    const owner = decided.fields.get('release.average')?.owner;
    throw new BranchlineError('plan', {
      strategy,
      version: version.index,
      path: path.name,
      plugin: owner?.name,
      configPath: owner?.configPath,
      message: `averages a state ${oldest} steps before the end, but the path and its ancestors have only ${own} in this version${elsewhere}`,
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
  return { ...plain, point: { lineage: { root, ranges: [] }, steps: 0 }, averaged: parts.length };
}

/** Steps from the state that a version starts from to the end of one of its paths, as far as the path goes back. */
function stepsOfVersion(end: Point, main: PlannedPath): number {
  // A reset begins a new lineage: its path has no states of the paths before it.
  return end.lineage.root === main.lineage.root ? end.steps - main.begin : end.steps;
}
