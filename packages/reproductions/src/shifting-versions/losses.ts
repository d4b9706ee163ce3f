/** Losses of strategies by text, over seeds, for the tables and figures of shifting versions. */

import { type Sample, tInterval } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';
import { meanOf } from '../paper/tables.js';

type Release = Results['strategies'][number]['releases'][number];

/** A measure over all releases of a strategy with one seed. */
export type Measure = (releases: readonly Release[]) => number;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean loss of the last release on all domains but the newest. */
export const onPast =
  (domains: readonly string[]): Measure =>
  (releases) =>
    mean(domains.slice(0, -1).map((domain) => releases.at(-1)!.lossByDomain[domain]!));

/** Loss of the last release on the newest domain. */
export const onNewest =
  (domains: readonly string[]): Measure =>
  (releases) =>
    releases.at(-1)!.lossByDomain[domains.at(-1)!]!;

/** Loss of the last release on all text. */
export const onAll: Measure = (releases) => releases.at(-1)!.loss;

/** Loss of the last release on the text of earlier versions, minus the lowest loss of an earlier release there. */
export const forgetting: Measure = (releases) => releases.at(-1)!.transfer!.forgetting;

/** Values of a strategy over seeds; undefined if it failed. */
export const measured = (results: Results, name: string, measure: Measure): Sample | undefined =>
  meanOf(results, name, ({ releases }) => measure(releases));

/** Such as `1.2345 ±0.0123`, with the half-width of the 95% interval; `-` if the strategy failed. */
export function measuredText(results: Results, name: string, measure: Measure): string {
  const sample = measured(results, name, measure);
  if (sample === undefined) return '-';
  const interval = tInterval(sample, 0.95);
  return `${sample.mean.toFixed(4)}${interval === null ? '' : ` ±${(interval.high - sample.mean).toFixed(4)}`}`;
}

/** Mean losses over seeds, releases by texts of versions; undefined if the strategy failed. */
export function lossMatrix(results: Results, name: string): readonly (readonly number[])[] | undefined {
  const texts = results.data.versions.map((version) => version.name);
  if (!results.strategies.some((strategy) => strategy.name === name)) return undefined;
  return texts.map((_, release) =>
    texts.map((text) => measured(results, name, (releases) => releases[release]!.lossByVersion[text]!)!.mean),
  );
}
