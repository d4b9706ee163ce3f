/** Curves of losses and rates by track, of what live logs and records have. */
import type { Results } from '@branchline/evaluation';
import type { LiveCurve } from '@branchline/report';
import type { LivePoint, PlanLine } from '../live-log/format.js';

/** Points of a curve, at most and at least; of all curves together, unless there are very many. */
const MOST = 400;
const LEAST = 40;
const ALTOGETHER = 20_000;

type Point = LiveCurve['points'][number];
type Polyline = readonly (readonly [number, number])[];

/** What is known of a segment: stored points, which lack rates, and live ones. */
export interface SegmentPoints {
  readonly stored: readonly (readonly [position: number, loss: number])[];
  readonly live: readonly LivePoint[];
}

/** The curves of a plan. */
export function curvesOf(plan: PlanLine, results: Results | undefined, pointsOf: (segment: number) => SegmentPoints) {
  const most = limitFor(plan.tracks.length);
  return plan.tracks.flatMap(({ places, ...about }): LiveCurve[] => {
    const rates = polylineOf(results, about);
    const points: Point[] = [];
    for (const [segment, from, to] of places) {
      const { stored, live } = pointsOf(segment);
      const first = live[0]?.[0] ?? Number.POSITIVE_INFINITY;
      for (const [position, loss] of stored) {
        if (position > from && position <= to && position < first)
          points.push([position, loss, rateOn(rates, position)]);
      }
      for (const point of live) if (point[0] > from && point[0] <= to) points.push(point);
    }
    return points.length === 0 ? [] : [{ ...about, points: thinned(points, most) }];
  });
}

/** The curves in written results, for a run without a live log. Paths with the same steps are one curve. */
export function curvesIn({ strategies }: Results): readonly LiveCurve[] {
  const found = new Map<string, { curve: LiveCurve; strategies: Set<string> }>();
  const paths = strategies.flatMap(({ name, seed, paths: own }) => own.map((path) => ({ strategy: name, seed, path })));
  const most = limitFor(paths.length);
  for (const { strategy, seed, path } of paths) {
    if (path.loss.length === 0) continue;
    const id = JSON.stringify([seed, path.loss]);
    const known = found.get(id);
    if (known !== undefined) {
      known.strategies.add(strategy);
      continue;
    }
    const { version, name, rate, loss } = path;
    const points = loss.map(([position, value]): Point => [position, value, rateOn(rate, position)]);
    const track = `${strategy}/seed-${seed}/v${version}-${name}`;
    const curve = { track, strategies: [], seed, version, path: name, points: thinned(points, most) };
    found.set(id, { curve, strategies: new Set([strategy]) });
  }
  return [...found.values()].map(({ curve, strategies: names }) => ({ ...curve, strategies: [...names] }));
}

const limitFor = (curves: number) => Math.max(LEAST, Math.min(MOST, Math.floor(ALTOGETHER / Math.max(1, curves))));

/** The rates of a track: those of its first path that the results have. */
function polylineOf(
  results: Results | undefined,
  { track, seed, version, path, strategies }: Omit<LiveCurve, 'points'>,
): Polyline {
  const first = track.slice(0, track.indexOf('/seed-'));
  const own = (results?.strategies ?? []).filter((one) => one.seed === seed && strategies.includes(one.name));
  const found = own.find(({ name }) => name === first) ?? own[0];
  return found?.paths.find((one) => one.version === version && one.name === path)?.rate ?? [];
}

/** The rate after a position of a polyline; at its ends, that of the end. */
function rateOn(line: Polyline, position: number): number {
  const next = line.findIndex(([at]) => at >= position);
  if (next < 0) return line.at(-1)?.[1] ?? 0;
  const [right, after] = line[next]!;
  if (next === 0 || right === position) return after;
  const [left, before] = line[next - 1]!;
  return before + ((after - before) * (position - left)) / (right - left);
}

/** Every so many points, and the last one. */
function thinned(points: readonly Point[], most: number): readonly Point[] {
  const stride = Math.ceil(points.length / most);
  return stride <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % stride === 0);
}
