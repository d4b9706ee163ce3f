/** Losses of strategies by text, over seeds, as tables and figures of shifting versions show them. */

import { type Sample, tInterval } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';
import { meanOf } from '../paper/tables.js';

type Release = Results['strategies'][number]['releases'][number];

/** What is measured of all releases of a strategy under one seed. */
export type Measure = (releases: readonly Release[]) => number;

/** The mean of some numbers. */
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the last release, on the domains but the newest. */
export const onPast =
  (domains: readonly string[]): Measure =>
  (releases) =>
    mean(domains.slice(0, -1).map((domain) => releases.at(-1)!.lossByDomain[domain]!));

/** Of the last release, on the newest domain. */
export const onNewest =
  (domains: readonly string[]): Measure =>
  (releases) =>
    releases.at(-1)!.lossByDomain[domains.at(-1)!]!;

/** Of the last release, on everything. */
export const onAll: Measure = (releases) => releases.at(-1)!.loss;

/** Of the last release, on the text of earlier versions, less the least that an earlier release had there. */
export const forgetting: Measure = (releases) => releases.at(-1)!.transfer!.forgetting;

/** Of a strategy over seeds; undefined when it failed. */
export const measured = (results: Results, name: string, measure: Measure): Sample | undefined =>
  meanOf(results, name, ({ releases }) => measure(releases));

/** `1.2345 ±0.0123`, the half-width of the 95% interval; `-` when the strategy failed. */
export function measuredText(results: Results, name: string, measure: Measure): string {
  const sample = measured(results, name, measure);
  if (sample === undefined) return '-';
  const interval = tInterval(sample, 0.95);
  return `${sample.mean.toFixed(4)}${interval === null ? '' : ` ±${(interval.high - sample.mean).toFixed(4)}`}`;
}

/** Releases by texts of versions: means over seeds; undefined when the strategy failed. */
export function lossMatrix(results: Results, name: string): readonly (readonly number[])[] | undefined {
  const texts = results.data.versions.map((version) => version.name);
  if (!results.strategies.some((strategy) => strategy.name === name)) return undefined;
  return texts.map((_, release) =>
    texts.map((text) => measured(results, name, (releases) => releases[release]!.lossByVersion[text]!)!.mean),
  );
}
