/** Polylines for charts: learning rate and loss along a path. */
import {
  type ChunkStore,
  dropSteps,
  type PlannedPath,
  type RatePiece,
  rateAt,
  type SegmentPart,
  takeSteps,
} from '@branchline/core';

type Polyline = readonly (readonly [number, number])[];

/** Points of a curved piece; straight pieces need two. */
const CURVE_POINTS = 32;
const LOSS_POINTS = 240;

/** Learning rate between two steps of a path's lineage, over positions. */
export function ratePolyline(path: PlannedPath, from: number, to: number, batch: number): Polyline {
  const points: [number, number][] = [];
  let at = path.lineage.root.position + from;
  for (const { rate } of dropSteps(takeSteps(path.lineage.ranges, to, batch), from, batch)) {
    for (const index of sampled(rate))
      points.push([at + index, index === 0 ? rateBefore(rate) : rateAt(rate, index - 1)]);
    at += rate.steps;
  }
  return points;
}

function rateBefore(piece: RatePiece): number {
  if (piece.curve === 'constant') return piece.to;
  return piece.offset === 0 ? piece.from : rateAt(piece, -1);
}

function sampled(piece: RatePiece): readonly number[] {
  const straight = piece.curve === 'constant' || piece.curve === 'linear';
  const count = straight ? 1 : Math.min(CURVE_POINTS, piece.steps);
  return Array.from({ length: count + 1 }, (_, index) => Math.round((index * piece.steps) / count));
}

/** Training loss between two steps of a path's lineage, averaged over windows of equal width. */
export async function lossPolyline(
  path: PlannedPath,
  parts: readonly SegmentPart[],
  from: number,
  to: number,
  chunks: ChunkStore,
): Promise<Polyline> {
  const losses: (number | undefined)[] = [];
  for (const { segment, steps } of parts) {
    const own = await chunks.lossOf(segment);
    const whole = [...new Array<undefined>(segment.steps - own.length), ...own];
    losses.push(...whole.slice(0, steps));
  }
  const part = losses.slice(from, to);
  const width = Math.max(1, Math.ceil(part.length / LOSS_POINTS));
  const points: [number, number][] = [];
  for (let begin = 0; begin < part.length; begin += width) {
    const window = part.slice(begin, begin + width);
    const values = window.filter((loss) => loss !== undefined);
    if (values.length === 0) continue;
    const mean = values.reduce((sum, loss) => sum + loss, 0) / values.length;
    points.push([path.lineage.root.position + from + begin + window.length / 2, mean]);
  }
  return points;
}
