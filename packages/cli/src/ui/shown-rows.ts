/** Chooses the strategies that a table on a terminal shows. */
import type { Results } from '@branchline/evaluation';
import { versionLabels } from './version-label.js';

/** Strategies of a table; further ones are left out. */
const MOST = 40;

/**
 * The names of all strategies if there are few. Otherwise those of the baseline and of the strategies with the lowest
 * loss of the last version (means over seeds), in this order.
 */
export function shownNames({ baseline, data, strategies }: Results): readonly string[] {
  const names = [...new Set(strategies.map(({ name }) => name))];
  if (names.length <= MOST) return names;
  const last = data.versions.at(-1)!.index;
  const losses = new Map<string, number[]>(names.map((name) => [name, []]));
  for (const { name, releases } of strategies) {
    for (const { version, loss } of releases) if (version === last) losses.get(name)!.push(loss);
  }
  const rank = (name: string) => {
    const values = losses.get(name)!;
    if (name === baseline) return Number.NEGATIVE_INFINITY;
    return values.length === 0
      ? Number.POSITIVE_INFINITY
      : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const ranks = new Map(names.map((name) => [name, rank(name)]));
  // Infinities are not subtracted.
  const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  return names.sort((a, b) => compare(ranks.get(a)!, ranks.get(b)!)).slice(0, MOST);
}

/** A note on what the tables leave out; empty if they show every strategy. */
export function leftOutNote(results: Results): readonly string[] {
  const count = new Set(results.strategies.map(({ name }) => name)).size;
  if (count <= MOST) return [];
  const { versions } = results.data;
  const last = versionLabels(versions)(versions.at(-1)!.index);
  return [
    `Shown are ${MOST} of ${count} strategies: the baseline, and those with the lowest loss after ${last}. The report and results.json have all of them.`,
  ];
}
