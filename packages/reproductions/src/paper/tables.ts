/** Shared by tables and figures of a results section. */

import { metricOf, type Sample, summarize, tInterval } from '@branchline/comparison';
import type { Metric, ReleaseResult, Results } from '@branchline/evaluation';
import type { Estimate } from '@branchline/report';

/** A measure of a release. */
export type ReleaseMeasure = (release: ReleaseResult) => number;

/** The mean of some metrics of a release. */
export const measureOf =
  ({ data }: Results, metrics: readonly Metric[]): ReleaseMeasure =>
  (release) =>
    metrics.reduce<number>((sum, metric) => sum + metricOf(release, metric, data.versions), 0) / metrics.length;

/** The loss that the rule of the experiment compares, for example that on a validation set. */
export const comparedLoss = (results: Results): ReleaseMeasure =>
  measureOf(results, [results.comparison?.rule.metric ?? 'loss']);

/** A strategy's values of one measure over seeds; undefined if it is not in the results. */
export function meanOf(results: Results, name: string, pick: (of: Results['strategies'][number]) => number) {
  const values = results.strategies.filter((strategy) => strategy.name === name).map(pick);
  return values.length === 0 ? undefined : summarize(values);
}

/** Mean with 95% interval for a figure; a single value has no interval. */
export function estimateOf(sample: Sample): Estimate {
  const interval = tInterval(sample, 0.95);
  return { value: sample.mean, low: interval?.low ?? sample.mean, high: interval?.high ?? sample.mean };
}

/**
 * Loss of a version (default: the last), such as `2.3456 ±0.0123` with the half-width of the 95% interval; `-` if the
 * strategy failed.
 */
export function lossText(results: Results, name: string, version?: number, measure?: ReleaseMeasure): string {
  const sample = lossOf(results, name, version, measure);
  if (sample === undefined) return '-';
  const interval = tInterval(sample, 0.95);
  return `${sample.mean.toFixed(4)}${interval === null ? '' : ` ±${(interval.high - sample.mean).toFixed(4)}`}`;
}

/** Loss of a version over seeds; default: the compared loss of the last. */
export const lossOf = (results: Results, name: string, version?: number, measure = comparedLoss(results)) =>
  meanOf(results, name, ({ releases }) =>
    measure(version === undefined ? releases.at(-1)! : releases.find((release) => release.version === version)!),
  );

/** Unique names of the strategies, in the order of the experiment. */
export const namesOf = ({ strategies }: Results): readonly string[] => [...new Set(strategies.map(({ name }) => name))];

/** Difference of the last losses, paired by seed, such as `0.0123 ±0.0045` with the half-width of the 95% interval. */
export function differenceText(results: Results, name: string, against: string): string {
  const sample = differenceOf(results, name, against);
  if (sample === undefined) return '-';
  const interval = tInterval(sample, 0.95);
  return `${sample.mean.toFixed(4)}${interval === null ? '' : ` ±${(interval.high - sample.mean).toFixed(4)}`}`;
}

/**
 * Compared loss of a release of one strategy minus that of another with the same seeds; undefined if one of them
 * failed.
 */
export function differenceOf(results: Results, name: string, against: string, release = -1) {
  const measure = comparedLoss(results);
  const losses = (of: string) =>
    new Map(
      results.strategies.flatMap((one) =>
        one.name === of ? [[one.seed, measure(one.releases.at(release)!)] as const] : [],
      ),
    );
  const others = losses(against);
  const values = [...losses(name)].flatMap(([seed, loss]) => (others.has(seed) ? [loss - others.get(seed)!] : []));
  return values.length === 0 ? undefined : summarize(values);
}
