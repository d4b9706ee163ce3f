import type { StepContents } from '../path/order-contents.js';
import type { PlannedPath } from '../path/path.js';
import { commonPrefix, dropSteps, type StepRange, takeSteps } from '../path/step-ranges.js';
import type { GraphNode, RunGraph, Segment } from './run-graph.js';

/** The first `steps` steps of a segment, or the whole segment. */
export interface SegmentPart {
  readonly segment: Segment;
  readonly steps: number;
}

/**
 * The segments of a path and its ancestors, in order, as far as the strategy needs them. Only the last one can be
 * partial: the path ends inside a segment that another path continues. If several processors made steps of the path,
 * the segments that reach furthest.
 */
export function segmentsOf(path: PlannedPath, graph: RunGraph): readonly SegmentPart[] {
  const stepsOf = (parts: readonly SegmentPart[]) => parts.reduce((sum, { steps }) => sum + steps, 0);
  return chainsOf(path, graph).reduce((best, chain) => (stepsOf(chain) > stepsOf(best) ? chain : best), []);
}

/** All segments with steps of a path and its ancestors, each once. Processors can share the same steps. */
export function allSegmentsOf(path: PlannedPath, graph: RunGraph): readonly SegmentPart[] {
  return [...new Map(chainsOf(path, graph).flatMap((chain) => chain.map((part) => [part.segment, part]))).values()];
}

/** All ways from a root along a path, each as far as it goes. */
function chainsOf(path: PlannedPath, graph: RunGraph): readonly (readonly SegmentPart[])[] {
  const ranges = takeSteps(path.lineage.ranges, path.end, graph.basis.batch);
  return graph.find(path.lineage.root).flatMap((root) => chainsFrom(root, ranges, path.strategy, graph.basis));
}

function chainsFrom(
  root: GraphNode,
  ranges: readonly StepRange[],
  strategy: string,
  basis: StepContents,
): readonly (readonly SegmentPart[])[] {
  const chains: SegmentPart[][] = [];
  const open: Open[] = [{ node: root, rest: ranges, chain: [] }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [next, ...others] = partsAfter(at, strategy, basis);
    for (const part of others) open.push(after(at, part, [...at.chain, part], basis));
    if (next === undefined) chains.push(at.chain);
    else {
      at.chain.push(next);
      open.push(after(at, next, at.chain, basis));
    }
  }
  return chains;
}

/** An unfinished chain: its last node, absent if it ends inside a segment, and the ranges still to be covered. */
interface Open {
  readonly node: GraphNode | undefined;
  readonly rest: readonly StepRange[];
  readonly chain: SegmentPart[];
}

function partsAfter({ node, rest }: Open, strategy: string, basis: StepContents): readonly SegmentPart[] {
  return (node?.outgoing ?? []).flatMap((segment) => {
    if (!segment.strategies.has(strategy)) return [];
    // Steps of every processor.
    const steps = commonPrefix(segment.ranges.map(plain), rest, basis);
    return steps > 0 ? [{ segment, steps }] : [];
  });
}

const plain = ({ numerics: _, ...range }: StepRange): StepRange => range;

function after({ rest }: Open, part: SegmentPart, chain: SegmentPart[], { batch }: StepContents): Open {
  const { segment, steps } = part;
  return { node: steps === segment.steps ? segment.to : undefined, rest: dropSteps(rest, steps, batch), chain };
}
