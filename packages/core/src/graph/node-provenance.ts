import { type MadeBy, madeByOf, type Provenance } from '../path/provenance.js';
import type { StepRange } from '../path/step-ranges.js';
import { type GraphNode, rootOf } from './run-graph.js';

/** How the state of a node comes about. */
export function provenanceOf(node: GraphNode): Provenance {
  const { sources } = rootOf(node);
  if (sources.length === 0) return { madeBy: madeBy(node) };
  return {
    madeBy: madeBy(node),
    sources: sources.map(({ node: source }) => ({
      key: source.key,
      root: rootOf(source).key,
      madeBy: madeBy(source),
    })),
  };
}

function madeBy(node: GraphNode): readonly MadeBy[] {
  const parts: (readonly StepRange[])[] = [];
  for (let at = node; at.incoming !== undefined; at = at.incoming.from) parts.push(at.incoming.ranges);
  return madeByOf(rootOf(node).numerics, parts.reverse().flat());
}

/** The numerics of all trainers that made a state and those behind it, in order of appearance. */
export function makersBehind(nodes: Iterable<GraphNode>): readonly string[] {
  const seen = new Set<GraphNode>();
  const found = new Set<string>();
  const open = [...nodes];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    found.add(node.numerics);
    if (node.incoming !== undefined) open.push(node.incoming.from);
    if (node.incoming?.teacher !== undefined) open.push(node.incoming.teacher);
    for (const source of node.sources) open.push(source.node);
  }
  return [...found];
}
