import type { PlannedPath } from '../path/path.js';
import { commonPrefix, dropSteps, takeSteps } from '../path/step-ranges.js';
import type { GraphNode, Segment } from './run-graph.js';

/** The first steps of a segment, or all of them. */
export interface SegmentPart {
  readonly segment: Segment;
  readonly steps: number;
}

/**
 * What a path, with its ancestors, really is in the graph: segments in order, as far as its strategy needs them. Only
 * the last can be a part: where the path ends and another goes on alike.
 */
export function segmentsOf(path: PlannedPath, root: GraphNode, batch: number): readonly SegmentPart[] {
  const found: SegmentPart[] = [];
  let rest = takeSteps(path.lineage.ranges, path.end, batch);
  for (let node: GraphNode | undefined = root; node !== undefined; ) {
    let next: SegmentPart | undefined;
    for (const segment of node.outgoing) {
      const steps = segment.strategies.has(path.strategy) ? commonPrefix(segment.ranges, rest, batch) : 0;
      if (steps > 0) next = { segment, steps };
    }
    if (next === undefined) break;
    found.push(next);
    rest = dropSteps(rest, next.steps, batch);
    node = next.steps === next.segment.steps ? next.segment.to : undefined;
  }
  return found;
}
