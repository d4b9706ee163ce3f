/** Polylines for drawing: the rate and the loss along a path. */
import type { GraphNode, Segment } from '../graph/run-graph.js';
import { type PlannedPath } from '../plan/path.js';
import { sliceRun, takeSteps } from '../plan/runs.js';
import { type RatePiece, rateAt } from '../plan/schedule.js';
import type { MetricsStore } from '../store/metrics.js';

type Polyline = readonly (readonly [number, number])[];

/** Points on a curved piece; straight ones need two. */
const CURVE_POINTS = 32;
const LOSS_POINTS = 240;

/** The segments of a path as far as somebody needs them, in order, with those of its ancestors. */
export function segmentsOf(path: PlannedPath, root: GraphNode, batch: number): readonly Segment[] {
  const found: Segment[] = [];
  let node = root;
  let done = 0;
  for (;;) {
    const left = path.end - done;
    const next = node.outgoing.find(
      (segment) =>
        segment.steps <= left && segment.strategies.has(path.strategy) && matches(segment, path, done, batch),
    );
    if (next === undefined) return found;
    found.push(next);
    done += next.steps;
    node = next.to;
  }
}

/** Two segments of one node differ in their first step, so the first step decides. */
function matches(segment: Segment, path: PlannedPath, done: number, batch: number): boolean {
  const [first] = segment.runs;
  let skip = done;
  for (const run of path.lineage.runs) {
    if (skip < run.rate.steps) {
      const step = sliceRun(run, skip, 1, batch);
      const own = sliceRun(first!, 0, 1, batch);
      return step.order === own.order && step.offset === own.offset && rateAt(step.rate, 0) === rateAt(own.rate, 0);
    }
    skip -= run.rate.steps;
  }
  return false;
}

/** The rate between two steps of a path's lineage, over positions. */
export function ratePolyline(path: PlannedPath, from: number, to: number, batch: number): Polyline {
  const points: [number, number][] = [];
  let at = path.lineage.root.position;
  const runs = takeSteps(path.lineage.runs, to, batch);
  for (const run of runs) {
    const begin = at - path.lineage.root.position;
    const skip = Math.max(0, Math.min(from - begin, run.rate.steps));
    const { rate } = sliceRun(run, skip, run.rate.steps - skip, batch);
    for (const index of sampled(rate))
      points.push([at + skip + index, index === 0 ? rateBefore(rate) : rateAt(rate, index - 1)]);
    at += run.rate.steps;
  }
  return points;
}

function rateBefore(piece: RatePiece): number {
  if (piece.curve === 'constant') return piece.to;
  return piece.offset === 0 ? piece.from : rateAt(piece, -1);
}

function sampled(piece: RatePiece): readonly number[] {
  if (piece.steps === 0) return [];
  const straight = piece.curve === 'constant' || piece.curve === 'linear';
  const count = straight ? 1 : Math.min(CURVE_POINTS, piece.steps);
  return Array.from({ length: count + 1 }, (_, index) => Math.round((index * piece.steps) / count));
}

/** The training loss between two steps of a lineage, thinned to means of equal stretches. */
export async function lossPolyline(
  path: PlannedPath,
  segments: readonly Segment[],
  from: number,
  to: number,
  metrics: MetricsStore,
): Promise<Polyline> {
  const losses: (number | undefined)[] = [];
  for (const segment of segments) {
    const own = await metrics.lossOf(segment);
    losses.push(...new Array<undefined>(segment.steps - own.length), ...own);
  }
  const part = losses.slice(from, to);
  const width = Math.max(1, Math.ceil(part.length / LOSS_POINTS));
  const points: [number, number][] = [];
  for (let begin = 0; begin < part.length; begin += width) {
    const values = part.slice(begin, begin + width).filter((loss) => loss !== undefined);
    if (values.length === 0) continue;
    const mean = values.reduce((sum, loss) => sum + loss, 0) / values.length;
    points.push([path.lineage.root.position + from + begin + values.length / 2, mean]);
  }
  return points;
}
