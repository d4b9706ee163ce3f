/** What is missing: the segments that must be trained so that every target exists. */
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
  /** Derived roots to make. */
  readonly derive: ReadonlySet<GraphNode>;
  /** Steps to train. */
  readonly steps: number;
}

/** Works backwards from the targets to what the store has. */
export function findWork(targets: readonly GraphNode[], store: CheckpointStore, batch: number): Work {
  const train = new Map<Segment, Resume | undefined>();
  const derive = new Set<GraphNode>();
  let steps = 0;
  const require = (node: GraphNode): void => {
    if (store.has(node.key)) return;
    const { incoming } = node;
    if (incoming !== undefined) {
      if (train.has(incoming)) return;
      const resume = findResume(incoming, store, batch);
      train.set(incoming, resume);
      steps += incoming.steps - (resume?.steps ?? 0);
      if (resume === undefined) require(incoming.from);
      return;
    }
    if (node.kind === 'init' || derive.has(node)) return;
    if (node.kind === 'derived') derive.add(node);
    for (const source of node.sources) require(source.node);
  };
  for (const target of targets) require(target);
  return { train, derive, steps };
}

/** The furthest stored state inside a segment. */
function findResume(segment: Segment, store: CheckpointStore, batch: number): Resume | undefined {
  const root = segment.from.root ?? segment.from;
  const before = segment.from.position - root.position;
  const inside = store
    .list()
    .filter(
      (manifest) => manifest.root === root.key && manifest.steps > before && manifest.steps < before + segment.steps,
    )
    .sort((a, b) => b.steps - a.steps);
  for (const { key, steps } of inside) {
    if (keyInside(segment, steps - before, batch) === key) return { key, steps: steps - before };
  }
  return undefined;
}
