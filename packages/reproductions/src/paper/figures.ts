/** Shared by figures of several papers. */

import { summarize } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';
import type { CostLossPoint, Estimate } from '@branchline/report';
import { comparedLoss, estimateOf, lossOf, meanOf, namesOf, type ReleaseMeasure } from './tables.js';

/**
 * Mean cost of every strategy as a fraction of the baseline's, and mean loss after the last version, over seeds. The
 * loss is the compared one unless `measure` is given.
 */
export function costLossPoints(
  results: Results,
  groupOf: (name: string) => string | undefined = () => undefined,
  measure?: ReleaseMeasure,
): readonly CostLossPoint[] {
  const losses = pairedLosses(results, undefined, measure);
  return namesOf(results).map((name) => {
    const group = groupOf(name);
    return {
      label: name,
      cost: meanOf(results, name, ({ cost }) => cost.ratioToBaseline ?? Number.NaN)!.mean,
      loss: losses.get(name)!,
      ...(group === undefined ? {} : { group }),
      ...(name === results.baseline ? { baseline: true } : {}),
    };
  });
}

/**
 * Compared losses of all strategies after a version (default: the last), with 95% intervals for comparing them. Each
 * loss is centred per seed (minus the mean of its seed, plus the grand mean), because an effect shared by all
 * strategies of a seed does not affect paired comparisons: Cousineau (2005). The standard deviation is multiplied by
 * sqrt(K / (K - 1)) for K strategies: Morey (2008). Seeds that lack a strategy are ignored; if no seed is complete,
 * losses are not centred.
 */
export function pairedLosses(
  results: Results,
  version?: number,
  measure = comparedLoss(results),
): ReadonlyMap<string, Estimate> {
  const names = namesOf(results);
  const lossAt = ({ releases }: Results['strategies'][number]) =>
    measure(version === undefined ? releases.at(-1)! : releases.find((release) => release.version === version)!);
  const rows = results.seeds.flatMap((seed) => {
    const row = names.map((name) => {
      const found = results.strategies.find((one) => one.name === name && one.seed === seed);
      return found === undefined ? undefined : lossAt(found);
    });
    return row.includes(undefined) ? [] : [row as readonly number[]];
  });
  if (rows.length === 0 || names.length < 2) {
    return new Map(names.map((name) => [name, estimateOf(meanOf(results, name, lossAt)!)]));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const whole = mean(rows.map(mean));
  const shifted = rows.map((row) => row.map((loss) => loss - mean(row) + whole));
  const correction = Math.sqrt(names.length / (names.length - 1));
  return new Map(
    names.map((name, column) => {
      const sample = summarize(shifted.map((row) => row[column]!));
      const standardDeviation = sample.standardDeviation === null ? null : sample.standardDeviation * correction;
      return [name, estimateOf({ ...sample, mean: mean(rows.map((row) => row[column]!)), standardDeviation })];
    }),
  );
}

/**
 * Loss of one strategy after the last version, with its own 95% interval over seeds. Undefined if the strategy is not
 * in the results.
 */
export function lossEstimate(results: Results, name: string): Estimate | undefined {
  const sample = lossOf(results, name);
  return sample === undefined ? undefined : estimateOf(sample);
}
