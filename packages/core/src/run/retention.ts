/** Which checkpoints stay. Releases, captures, forks and ends of paths do, so that one more strategy or version continues from them. */
import type { GraphNode, RunGraph } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { type CheckpointLookup, findWork, furthestInside } from './missing-work.js';

/** What other plans of the same directory need: a run leaves it alone, whatever its own plan says. */
export interface KeptForOthers {
  readonly wanted: ReadonlySet<Digest>;
  /** Of those: releases, captures, and what is needed to make those that are missing. They stay also when the disk is short. */
  readonly needed: ReadonlySet<Digest>;
}

/**
 * Nodes around `node` that nothing will read again: states that were only parts of an average, once the average is stored and
 * training has gone on behind them.
 */
export function unreferencedAround(
  shelf: Pick<CheckpointLookup, 'has'>,
  node: GraphNode,
  targets: ReadonlySet<GraphNode>,
): readonly GraphNode[] {
  const found: GraphNode[] = [];
  for (let at: GraphNode | undefined = node; at !== undefined; at = at.incoming?.from) {
    if (shelf.has(at.key) && isUnreferenced(shelf, at, targets)) found.push(at);
  }
  return found;
}

/** Deletes those. */
export async function collectGarbageAround(
  store: CheckpointStore,
  node: GraphNode,
  targets: ReadonlySet<GraphNode>,
  { wanted }: KeptForOthers,
): Promise<void> {
  for (const { key } of unreferencedAround(store, node, targets)) if (!wanted.has(key)) await store.delete(key);
}

/** The same for the whole graph, with what a kill left inside segments that are complete by now. */
export async function collectGarbage(
  store: CheckpointStore,
  graph: RunGraph,
  targets: ReadonlySet<GraphNode>,
  { wanted }: KeptForOthers,
): Promise<void> {
  for (const node of graph.nodes()) {
    if (store.has(node.key) && isUnreferenced(store, node, targets) && !wanted.has(node.key))
      await store.delete(node.key);
  }
  for (const segment of graph.segments()) {
    if (!reached(store, segment.to)) continue;
    for (const { key } of furthestInside(segment, store, graph.basis.batch)) {
      if (store.manifest(key)?.rolling && !wanted.has(key)) await store.delete(key);
    }
  }
}

function isUnreferenced(
  shelf: Pick<CheckpointLookup, 'has'>,
  node: GraphNode,
  targets: ReadonlySet<GraphNode>,
): boolean {
  if (targets.has(node)) return false;
  const used = node.dependents.every((dependent) => dependent.kind === 'derived' && shelf.has(dependent.key));
  // Fresh and reset roots are stored only to be averaged, and are quickly made again.
  if (node.incoming === undefined) return node.kind !== 'derived' && used;
  return node.outgoing.length === 1 && used && reached(shelf, node.outgoing[0]!.to);
}

/**
 * Stored states that this experiment has no more use for, though another strategy or version might: no target is one of them, and
 * nothing that is still missing is made from them. They go when the disk is short, the earliest first.
 */
export function evictableNodes(
  shelf: CheckpointLookup,
  graph: RunGraph,
  targets: ReadonlySet<GraphNode>,
  kept: KeptForOthers,
): readonly GraphNode[] {
  const needed = new Set<GraphNode>();
  const need = (node: GraphNode) => {
    needed.add(node);
    if (!shelf.has(node.key)) for (const source of node.sources) need(source.node);
  };
  const { train, make } = findWork([...targets], shelf, graph.basis.batch);
  for (const [segment, resume] of train) if (resume === undefined) need(segment.from);
  for (const root of make) need(root);
  return graph
    .nodes()
    .filter((node) => shelf.has(node.key) && !targets.has(node) && !needed.has(node) && !kept.needed.has(node.key))
    .sort((a, b) => a.position - b.position);
}

/** True when a node, or something behind it on the only way there is, is stored. */
function reached(shelf: Pick<CheckpointLookup, 'has'>, node: GraphNode): boolean {
  return shelf.has(node.key) || (node.outgoing.length === 1 && reached(shelf, node.outgoing[0]!.to));
}
