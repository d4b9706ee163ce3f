import type { GraphEdgeResult, GraphNodeResult } from '@branchline/evaluation';

/**
 * The layout of the run graph, drawn like a metro map: steps run to the right, each chain of segments has a lane, and a
 * branch leaves its lane for one below. Geometry only; `run-graph.ts` draws.
 */

/** The fields of nodes and edges that the layout uses. */
export type LayoutNode = Pick<GraphNodeResult, 'id' | 'position'>;
export type LayoutEdge = Pick<GraphEdgeResult, 'from' | 'to' | 'kind' | 'strategies'>;

/** A node with its place. `lane` is its row; a derived node lies above the newest part of its average. */
export interface PlacedNode<N = GraphNodeResult, E = GraphEdgeResult> {
  readonly node: N;
  readonly lane: number;
  /** Index among the derived nodes above the same checkpoint; -1 for a node on the lane. */
  readonly above: number;
  /** The segment or reset that leads here. */
  readonly parent: E | undefined;
  readonly isEnd: boolean;
}

/** The places of all nodes. */
export interface GraphLayout<N, E> {
  readonly nodes: readonly PlacedNode<N, E>[];
  readonly lanes: number;
  /** Lanes that start at fresh weights. */
  readonly roots: readonly number[];
}

/** A chain to lay out: its first segment, and the lane that it leaves, -1 for fresh weights. */
interface Start<E> {
  readonly edge: E;
  readonly fork: number;
  readonly below: number;
}

/** Lays out the graph. `width` returns the room, in steps, that the label of a node at the end of a lane needs. */
export function layoutGraph<N extends LayoutNode, E extends LayoutEdge>(
  { nodes, edges }: { readonly nodes: readonly N[]; readonly edges: readonly E[] },
  labelSteps: number,
): GraphLayout<N, E> {
  const parent = new Map<number, E>();
  const children = new Map<number, E[]>();
  const newest = new Map<number, number>();
  for (const edge of edges) {
    if (edge.kind === 'average') {
      const known = newest.get(edge.to);
      const later = known === undefined || nodes[edge.from]!.position > nodes[known]!.position;
      if (later) newest.set(edge.to, edge.from);
    } else if (!parent.has(edge.to)) {
      parent.set(edge.to, edge);
      children.set(edge.from, [...(children.get(edge.from) ?? []), edge]);
    }
  }
  const reach = reachOf(nodes, children, newest);

  const places = new Map<number, { lane: number; above: number; isEnd: boolean }>();
  const rows: { from: number; to: number }[][] = [];
  const roots: number[] = [];
  const satellites = new Map<number, number[]>();
  for (const [derived, from] of newest) satellites.set(from, [...(satellites.get(from) ?? []), derived]);

  const free = (lane: number, from: number, to: number) =>
    rows[lane]!.every((taken) => to < taken.from || from > taken.to);
  // A graph from an untrusted file may have cycles.
  const seen = new Set<number>();
  /** Places a chain on its lane. Returns the chains that leave it, which get their own lanes. */
  const follow = ({ edge: first, fork, below }: Start<E>): readonly Start<E>[] => {
    const chain: number[] = [];
    const leaving: { edge: E; at: number }[] = [];
    for (let edge: E | undefined = first; edge && !seen.has(edge.to); ) {
      seen.add(edge.to);
      chain.push(edge.to);
      const here: number[] = [edge.to, ...(satellites.get(edge.to) ?? [])];
      const next: E[] = here.flatMap((id) => children.get(id) ?? []).sort(byReach(reach));
      leaving.push(...next.slice(1).map((other) => ({ edge: other, at: nodes[other.from]!.position })));
      edge = next[0];
    }
    if (chain.length === 0) return [];
    const end = nodes[chain.at(-1)!]!.position + labelSteps;
    let lane = -1;
    // A branch may share a row with earlier branches of its parent; chains from fresh weights do not share rows.
    if (below >= 0) {
      for (let row = below + 1; row < rows.length && lane < 0; row++) if (free(row, fork, end)) lane = row;
    }
    if (lane < 0) lane = rows.push([]) - 1;
    rows[lane]!.push(below < 0 ? { from: -Infinity, to: Infinity } : { from: fork, to: end });
    if (below < 0) roots.push(lane);
    for (const [index, id] of chain.entries()) {
      places.set(id, { lane, above: -1, isEnd: index === chain.length - 1 });
      for (const [place, derived] of (satellites.get(id) ?? []).entries()) {
        places.set(derived, { lane, above: place, isEnd: false });
      }
    }
    return leaving.map(({ edge, at }) => ({ edge, fork: at, below: lane }));
  };

  const starts = nodes.filter((node) => !parent.has(node.id) && !newest.has(node.id));
  for (const start of starts) {
    const edges = (children.get(start.id) ?? []).sort((a, b) => a.to - b.to);
    const ahead: Start<E>[] = edges.map((edge) => ({ edge, fork: start.position, below: -1 })).reverse();
    for (let next = ahead.pop(); next; next = ahead.pop()) ahead.push(...[...follow(next)].reverse());
  }
  for (const start of starts) {
    places.set(start.id, { lane: (roots[0]! + roots.at(-1)!) / 2 || 0, above: -1, isEnd: false });
  }
  return {
    nodes: nodes.map((node) => {
      const place = places.get(node.id) ?? { lane: 0, above: -1, isEnd: false };
      return { node, ...place, parent: parent.get(node.id) };
    }),
    lanes: rows.length,
    roots,
  };
}

const byReach = (reach: ReadonlyMap<number, number>) => (a: LayoutEdge, b: LayoutEdge) =>
  reach.get(b.to)! - reach.get(a.to)! || b.strategies.length - a.strategies.length || a.to - b.to;

/** The last position that training reaches after each node. Ids need not be in order of training. */
function reachOf(
  nodes: readonly LayoutNode[],
  children: ReadonlyMap<number, readonly LayoutEdge[]>,
  newest: ReadonlyMap<number, number>,
): Map<number, number> {
  const reach = new Map(nodes.map((node) => [node.id, node.position]));
  const order = nodes.map((node) => node.id).sort((a, b) => nodes[b]!.position - nodes[a]!.position);
  // Resets and averages keep the position, so a pass may visit a parent before its child. Repeat until nothing changes.
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      const next = (children.get(id) ?? []).map((edge) => reach.get(edge.to)!);
      const best = Math.max(reach.get(id)!, ...next);
      const behind = newest.get(id);
      if (best > reach.get(id)!) {
        reach.set(id, best);
        changed = true;
      }
      if (behind !== undefined && best > reach.get(behind)!) {
        reach.set(behind, best);
        changed = true;
      }
    }
  }
  return reach;
}
