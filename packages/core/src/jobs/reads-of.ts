import type { GraphNode } from '../graph/run-graph.js';

/**
 * States that the job of a state reads: the one that its segment starts from and its teacher, or the sources of a root.
 * A root that its segment starts from can be made in the job, so its sources count too.
 */
export function readsOf(node: GraphNode): readonly GraphNode[] {
  const sources = (root: GraphNode) => root.sources.map((source) => source.node);
  if (node.incoming === undefined) return sources(node);
  const { from, teacher } = node.incoming;
  return [from, ...(from.incoming === undefined ? sources(from) : []), ...(teacher === undefined ? [] : [teacher])];
}
