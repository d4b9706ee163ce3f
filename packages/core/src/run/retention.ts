import type { GraphNode, RunGraph } from '../graph/run-graph.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { furthestInside } from './demand.js';

/**
 * Removes the checkpoints around a node that nothing will read again: states that were only parts of an average, once
 * the average is stored and training has gone on behind them. Releases, captured states, forks and ends of paths stay, so
 * that one more strategy or version continues from them.
 */
export async function trimStore(
  store: CheckpointStore,
  node: GraphNode,
  targets: ReadonlySet<GraphNode>,
): Promise<void> {
  for (let at: GraphNode | undefined = node; at !== undefined; at = at.incoming?.from) {
    if (store.has(at.key) && isSpent(store, at, targets)) await store.delete(at.key);
  }
}

/** The same for the whole graph, with what a kill left inside segments that are complete by now. */
export async function sweepStore(
  store: CheckpointStore,
  graph: RunGraph,
  targets: ReadonlySet<GraphNode>,
): Promise<void> {
  for (const node of graph.nodes())
    if (store.has(node.key) && isSpent(store, node, targets)) await store.delete(node.key);
  for (const segment of graph.segments()) {
    if (!reached(store, segment.to)) continue;
    for (const { key } of furthestInside(segment, store, graph.basis.batch)) {
      if (store.manifest(key)?.rolling) await store.delete(key);
    }
  }
}

function isSpent(store: CheckpointStore, node: GraphNode, targets: ReadonlySet<GraphNode>): boolean {
  if (targets.has(node)) return false;
  const used = node.dependents.every((dependent) => dependent.kind === 'derived' && store.has(dependent.key));
  // Fresh and reset roots are stored only to be averaged, and are quickly made again.
  if (node.incoming === undefined) return node.kind !== 'derived' && used;
  return node.outgoing.length === 1 && used && reached(store, node.outgoing[0]!.to);
}

/** True when a node, or something behind it on the only way there is, is stored. */
function reached(store: CheckpointStore, node: GraphNode): boolean {
  return store.has(node.key) || (node.outgoing.length === 1 && reached(store, node.outgoing[0]!.to));
}
