/** Loss curves of a run directory, from the training losses in its results. */
import { requireResults } from '@branchline/api/internal';
import { BranchlineError } from '@branchline/core';
import type { PathResult, Results } from '@branchline/evaluation';
import { type LossCurve, MIN_POINTS } from '@branchline/trainer-simulated';

/**
 * A curve for every path of a run, with its training losses after the warm-up, or from step `from` on. Its rates are
 * those since the weights were initialized. Paths with fewer than ten losses are left out. Throws a `config` error if
 * nothing is left, or if the losses of the run are predicted themselves.
 */
export async function curvesOfRun(directory: string, from?: number): Promise<readonly LossCurve[]> {
  const results = await requireResults(directory);
  const { predicted } = results.trainer;
  if (predicted !== undefined) {
    throw new BranchlineError('config', {
      message: `${directory}: its losses are predicted by the law ${predicted.law}, so nothing can be learned from them`,
      remedy: 'Give a run of a trainer that trains weights: tfjs or torch.',
    });
  }
  const curves = results.strategies.flatMap((strategy) => curvesOfStrategy(strategy, results, directory, from));
  if (curves.length > 0) return curves;
  const message = `${directory}: no path has ${MIN_POINTS} or more training losses behind its warm-up`;
  throw new BranchlineError('config', { message, remedy: 'Train longer, or give --from.' });
}

type Strategy = Results['strategies'][number];

function curvesOfStrategy(strategy: Strategy, { seeds }: Results, directory: string, from?: number): LossCurve[] {
  const seed = seeds.length > 1 ? `, seed ${strategy.seed}` : '';
  return strategy.paths.flatMap((path, index) => {
    const rates = ratesOf(strategy.paths.slice(0, index), path);
    if (rates === undefined) return [];
    const begin = from ?? warmupEnd(rates);
    const points = path.loss
      .map(([position, loss]) => [Math.floor(position), loss] as const)
      .filter(([position]) => position >= Math.max(1, begin) && position <= rates.length);
    if (points.length < MIN_POINTS) return [];
    return {
      name: `${directory}: ${strategy.name}${seed}, version ${path.version} ${path.name}`,
      rates,
      steps: Float64Array.from(points, ([position]) => position),
      losses: Float64Array.from(points, ([, loss]) => loss),
    };
  });
}

/** Rates of all steps up to the end of a path; undefined if it is not known what was trained before it. */
function ratesOf(before: readonly PathResult[], path: PathResult): Float64Array | undefined {
  const rates = new Float64Array(path.end);
  let last: PathResult | undefined = path;
  for (let end = path.end; end > 0; end = last.begin, last = parentOf(before, last)) {
    if (last === undefined) return undefined;
    for (let step = last.begin; step < end; step++) rates[step] = rateIn(last.rate, step + 1);
  }
  return rates;
}

/** The main path that a path continues or leaves. */
function parentOf(before: readonly PathResult[], { begin }: PathResult): PathResult | undefined {
  return before.findLast(({ name, ...other }) => name === 'main' && other.begin < begin && begin <= other.end);
}

/** The rate that a polyline has at a position; where it jumps, the rate before. */
function rateIn(line: PathResult['rate'], position: number): number {
  const at = line.findIndex(([end]) => end >= position);
  const [end, rate] = line[at] ?? line.at(-1)!;
  if (at <= 0 || end === position) return rate;
  const [begin, first] = line[at - 1]!;
  return first + ((rate - first) * (position - begin)) / (end - begin);
}

function warmupEnd(rates: Float64Array): number {
  let end = 0;
  while (end < rates.length && rates[end]! > (rates[end - 1] ?? 0)) end++;
  return end;
}
