import type { GraphNode } from '../graph/run-graph.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';

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

function isSpent(store: CheckpointStore, node: GraphNode, targets: ReadonlySet<GraphNode>): boolean {
  if (targets.has(node) || node.incoming === undefined || node.outgoing.length !== 1) return false;
  const next = node.outgoing[0]!.to;
  return (
    reached(store, next) &&
    node.dependents.every((dependent) => dependent.kind === 'derived' && store.has(dependent.key))
  );
}

/** True when a node, or something behind it on the only way there is, is stored. */
function reached(store: CheckpointStore, node: GraphNode): boolean {
  return store.has(node.key) || (node.outgoing.length === 1 && reached(store, node.outgoing[0]!.to));
}
