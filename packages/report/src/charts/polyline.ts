import type { Results } from '@branchline/evaluation';
import { line } from 'd3-shape';

/** Points of [position, value]. */
export type Points = readonly (readonly [number, number])[];

/** An SVG path through the points, with gaps at values that are not finite. */
export function polyline(points: Points, x: (value: number) => number, y: (value: number) => number): string {
  return (
    line<readonly [number, number]>()
      .defined(([, value]) => Number.isFinite(value))
      .x(([position]) => x(position))
      .y(([, value]) => y(value))
      .digits(1)(points) ?? ''
  );
}

/** The value of a polyline at a position. Outside of the polyline, the value of its nearest end. */
export function interpolate(points: Points, position: number): number | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return undefined;
  if (position <= first[0]) return first[1];
  if (position >= last[0]) return last[1];
  const next = points.findIndex(([at]) => at >= position);
  const [x0, y0] = points[next - 1]!;
  const [x1, y1] = points[next]!;
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (position - x0)) / (x1 - x0);
}

/** A centred moving average over about `share` of the points. The window is truncated at the ends. */
export function smooth(points: Points, share = 0.1): Points {
  const reach = Math.floor((points.length * share) / 2);
  if (reach === 0) return points;
  return points.map(([position], index) => {
    const from = Math.max(0, index - reach);
    const to = Math.min(points.length - 1, index + reach);
    let sum = 0;
    for (let other = from; other <= to; other++) sum += points[other]![1];
    return [position, sum / (to - from + 1)] as const;
  });
}

/** Positions of the checkpoints that were averaged into a release, from the run graph. */
export function averagedPositions(graph: Results['graph'], checkpoint: string): number[] {
  const node = graph.nodes.find((candidate) => candidate.key === checkpoint);
  if (!node) return [];
  return graph.edges
    .filter((edge) => edge.to === node.id && edge.kind === 'average')
    .map((edge) => graph.nodes[edge.from]!.position)
    .sort((a, b) => a - b);
}
