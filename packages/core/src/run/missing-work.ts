/** Finds the missing work: segments to train and roots to store, so that every target exists. */
import { type GraphNode, keyInside, rootOf, type Segment, stepsSinceRoot } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointIndex } from './checkpoint-index.js';

/** A stored state inside a segment, from which training can resume. */
export interface Resume {
  readonly key: Digest;
  /** Steps since the start of the segment. */
  readonly steps: number;
}

export interface MissingWork {
  /** Segments to train, each with the stored state to resume from, if any. */
  readonly train: ReadonlyMap<Segment, Resume | undefined>;
  /** Roots to make and store: averages, and other roots that something is made from. */
  readonly make: ReadonlySet<GraphNode>;
}

/** Works backwards from the targets to stored states. */
export function findMissingWork(targets: readonly GraphNode[], stored: CheckpointIndex, batch: number): MissingWork {
  const train = new Map<Segment, Resume | undefined>();
  const make = new Set<GraphNode>();
  /** `itself`: the state must be in the store; being able to make it is not enough. */
  const require = (node: GraphNode, itself: boolean): void => {
    if (stored.has(node.key)) return;
    const { incoming } = node;
    if (incoming === undefined) {
      if (make.has(node)) return;
      if (itself || node.kind === 'derived') make.add(node);
      for (const source of node.sources) require(source.node, true);
      return;
    }
    if (train.has(incoming)) return;
    const resume = storedInside(incoming, stored, batch)[0];
    train.set(incoming, resume);
    if (incoming.teacher !== undefined) require(incoming.teacher, true);
    if (resume === undefined) require(incoming.from, false);
  };
  for (const target of targets) require(target, true);
  return { train, make };
}

/** Stored states inside a segment, furthest first. */
export function storedInside(segment: Segment, stored: CheckpointIndex, batch: number): readonly Resume[] {
  const { from } = segment;
  const begin = stepsSinceRoot(from);
  const places = stored.between({ steps: begin }, { root: rootOf(from).key, steps: begin + segment.steps });
  // Many segments of a root have a state after the same number of steps; the segment has one.
  return [...new Set(places.map(({ steps }) => steps - begin))]
    .sort((a, b) => b - a)
    .map((steps) => ({ key: keyInside(segment, steps, batch), steps }))
    .filter(({ key }) => stored.has(key));
}
