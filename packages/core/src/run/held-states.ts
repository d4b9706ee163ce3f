import { type GraphNode, rootOf, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { ExperimentPlan, OpenStrategy } from '../plan/experiment-plan.js';

/**
 * Ends of segments that are not trained yet because strategies wait for losses: those behind the state that one waits
 * for, on its own paths. What it decides can leave its paths there, at a step that nothing stores now; training past it
 * would have to be repeated.
 */
export function heldStates({ open, graph }: Pick<ExperimentPlan, 'open' | 'graph'>): ReadonlySet<Digest> {
  const waiting = open.map((strategy) => {
    const way = wayTo(strategy.node);
    return { strategy, way, held: ownSegmentsBehind(strategy, way, graph) };
  });
  const held = new Set(waiting.flatMap((one) => one.held));
  // Strategies that wait for each other: the one that waits at the earliest state goes first.
  const isBlocked = (way: ReadonlySet<Segment>) => [...way].some((segment) => held.has(segment));
  if (waiting.length > 0 && waiting.every(({ way }) => isBlocked(way))) {
    const [first] = [...waiting].sort((a, b) => a.strategy.node.position - b.strategy.node.position);
    for (const segment of first!.way) held.delete(segment);
  }
  return new Set([...held].map(({ to }) => to.key));
}

/** The segments that lead to a state. */
function wayTo(node: GraphNode): ReadonlySet<Segment> {
  const way = new Set<Segment>();
  const visit = (state: GraphNode) => {
    for (let at = state; ; at = at.incoming.from) {
      if (at.incoming === undefined) {
        for (const { node: source } of at.sources) visit(source);
        return;
      }
      if (way.has(at.incoming)) return;
      way.add(at.incoming);
      if (at.incoming.teacher !== undefined) visit(at.incoming.teacher);
    }
  };
  visit(node);
  return way;
}

/** The segments of the version that waits, and those that continue it, without those that lead to the open state. */
function ownSegmentsBehind(
  { paths, version }: OpenStrategy,
  way: ReadonlySet<Segment>,
  graph: ExperimentPlan['graph'],
): readonly Segment[] {
  return paths
    .filter((path) => path.version === version)
    .flatMap(({ lineage, begin, end }) => {
      const { segments, last } = graph.along({ lineage, steps: end });
      const own = segments.filter(({ to }) => to.position > rootOf(to).position + begin);
      return [...own, ...(last?.outgoing ?? [])];
    })
    .filter((segment) => !way.has(segment));
}
