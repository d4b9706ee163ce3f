import type { GraphNode } from '../graph/run-graph.js';

/**
 * States that the job of a state reads: the one that its segment starts from, or the sources of a root. A root that its
 * segment starts from can be made in the job, so its sources count too.
 */
export function readsOf(node: GraphNode): readonly GraphNode[] {
  const from = node.incoming?.from;
  const sources = (root: GraphNode) => root.sources.map((source) => source.node);
  if (from === undefined) return sources(node);
  return from.incoming === undefined ? [from, ...sources(from)] : [from];
}
