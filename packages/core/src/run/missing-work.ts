/** What is missing: the segments that must be trained, and the roots that must be stored, so that every target exists. */
import { type GraphNode, keyInside, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';

/** A stored state inside a segment from which its training can go on. */
export interface Resume {
  readonly key: Digest;
  /** Steps behind the beginning of the segment. */
  readonly steps: number;
}

export interface Work {
  /** Segments to train, with the place to resume each from. */
  readonly train: ReadonlyMap<Segment, Resume | undefined>;
  /** Roots to make and store: averages, and other roots that something is made from. */
  readonly make: ReadonlySet<GraphNode>;
  /** Steps to train. */
  readonly steps: number;
}

/** What must be known of a store to find out what it lacks. */
export type CheckpointLookup = Pick<CheckpointStore, 'has' | 'list'>;

/** Works backwards from the targets to what the store has. */
export function findWork(targets: readonly GraphNode[], store: CheckpointLookup, batch: number): Work {
  const train = new Map<Segment, Resume | undefined>();
  const make = new Set<GraphNode>();
  let steps = 0;
  /** `stored`: the state itself must be in the store, not only be possible to make. */
  const require = (node: GraphNode, stored: boolean): void => {
    if (store.has(node.key)) return;
    const { incoming } = node;
    if (incoming === undefined) {
      if (make.has(node)) return;
      if (stored || node.kind === 'derived') make.add(node);
      for (const source of node.sources) require(source.node, true);
      return;
    }
    if (train.has(incoming)) return;
    const resume = furthestInside(incoming, store, batch)[0];
    train.set(incoming, resume);
    steps += incoming.steps - (resume?.steps ?? 0);
    if (resume === undefined) require(incoming.from, false);
  };
  for (const target of targets) require(target, true);
  return { train, make, steps };
}

/** Stored states inside a segment, the furthest first. */
export function furthestInside(segment: Segment, store: CheckpointLookup, batch: number): readonly Resume[] {
  const root = segment.from.root ?? segment.from;
  const before = segment.from.position - root.position;
  return store
    .list()
    .filter(
      (manifest) => manifest.root === root.key && manifest.steps > before && manifest.steps < before + segment.steps,
    )
    .sort((a, b) => b.steps - a.steps)
    .map(({ key, steps }) => ({ key, steps: steps - before }))
    .filter(({ key, steps }) => keyInside(segment, steps, batch) === key);
}
