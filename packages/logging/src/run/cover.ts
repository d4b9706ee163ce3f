/** Which steps of a run graph some earlier record is about. */
import { type Digest, keyInside, type RunGraph, rootOf, type Segment, stepsSinceRoot } from '@branchline/core';

/** Consecutive steps that end in a known state. Positions count from the root. */
export interface Stretch {
  /** Key of the root. */
  readonly root: Digest;
  readonly begin: number;
  readonly end: number;
  /** Key of the state at the end. */
  readonly key: Digest;
}

/** Steps of a segment that a stretch has. `from` and `to` count from the root. */
export interface Covered<S extends Stretch> {
  readonly from: number;
  readonly to: number;
  readonly stretch: S;
}

/**
 * The steps of every segment that stretches have, in order. Segments may be cut elsewhere than stretches: what decides
 * is that a stretch ends in a state of the graph. Where several have a step, the first counts.
 */
export function coverage<S extends Stretch>(
  graph: RunGraph,
  stretches: readonly S[],
): ReadonlyMap<Segment, readonly Covered<S>[]> {
  const byRoot = new Map<Digest, S[]>();
  for (const stretch of stretches) {
    const same = byRoot.get(stretch.root);
    if (same === undefined) byRoot.set(stretch.root, [stretch]);
    else same.push(stretch);
  }
  const covered = new Map<Segment, Covered<S>[]>();
  for (const last of graph.segments()) {
    const [begin, end] = [stepsSinceRoot(last.from), stepsSinceRoot(last.to)];
    for (const stretch of byRoot.get(rootOf(last.from).key) ?? []) {
      if (stretch.end <= begin || stretch.end > end || keyAt(last, stretch.end, graph) !== stretch.key) continue;
      let to = stretch.end;
      for (let at: Segment | undefined = last; at !== undefined && to > stretch.begin; at = at.from.incoming) {
        const from = stepsSinceRoot(at.from);
        const own = covered.get(at) ?? [];
        own.push(...without({ from: Math.max(from, stretch.begin), to, stretch }, own));
        covered.set(at, own);
        to = from;
      }
    }
  }
  for (const own of covered.values()) own.sort((a, b) => a.from - b.from);
  return covered;
}

/** The key of the state inside a segment, `position` steps after the root. */
export function keyAt(segment: Segment, position: number, graph: RunGraph): Digest {
  if (position === stepsSinceRoot(segment.to)) return segment.to.key;
  return keyInside(segment, position - stepsSinceRoot(segment.from), graph.basis.batch);
}

/** The parts of a new piece that are not covered yet. */
function without<S extends Stretch>(piece: Covered<S>, covered: readonly Covered<S>[]): readonly Covered<S>[] {
  let parts = [piece];
  for (const { from, to } of covered) {
    parts = parts.flatMap((part) => {
      if (to <= part.from || from >= part.to) return [part];
      return [
        { ...part, to: Math.min(from, part.to) },
        { ...part, from: Math.max(to, part.from) },
      ].filter((left) => left.from < left.to);
    });
  }
  return parts;
}
