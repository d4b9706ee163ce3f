import type { StepContents } from '../path/order-contents.js';
import type { PlannedPath } from '../path/path.js';
import { commonPrefix, dropSteps, takeSteps } from '../path/step-ranges.js';
import type { GraphNode, Segment } from './run-graph.js';

/** The first `steps` steps of a segment, or the whole segment. */
export interface SegmentPart {
  readonly segment: Segment;
  readonly steps: number;
}

/**
 * The segments of a path and its ancestors, in order, as far as the strategy needs them. Only the last one can be
 * partial: the path ends inside a segment that another path continues.
 */
export function segmentsOf(path: PlannedPath, root: GraphNode, basis: StepContents): readonly SegmentPart[] {
  const { batch } = basis;
  const found: SegmentPart[] = [];
  let rest = takeSteps(path.lineage.ranges, path.end, batch);
  for (let node: GraphNode | undefined = root; node !== undefined; ) {
    let next: SegmentPart | undefined;
    for (const segment of node.outgoing) {
      const steps = segment.strategies.has(path.strategy) ? commonPrefix(segment.ranges, rest, basis) : 0;
      if (steps > 0) next = { segment, steps };
    }
    if (next === undefined) break;
    found.push(next);
    rest = dropSteps(rest, next.steps, batch);
    node = next.steps === next.segment.steps ? next.segment.to : undefined;
  }
  return found;
}
