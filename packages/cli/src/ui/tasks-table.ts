import type { Results } from '@branchline/evaluation';
import { percent } from './format.js';
import { printable } from './printable.js';
import { shownNames } from './shown-rows.js';
import type { Style } from './style.js';
import { table } from './table.js';

/** Accuracy of the last releases: a row per strategy, a column per task; undefined without tasks. */
export function tasksTable(results: Results, style: Style): string | undefined {
  const { strategies, seeds } = results;
  const answers = strategies.map(({ name, releases }) => ({ name, tasks: releases.at(-1)?.tasks ?? [] }));
  const tasks = answers.find((one) => one.tasks.length > 0)?.tasks ?? [];
  if (tasks.length === 0) return undefined;
  const rows = shownNames(results).map((name) => [
    printable(name),
    ...tasks.map((task) => {
      const own = answers.filter((one) => one.name === name);
      const shares = own.flatMap((one) => one.tasks.filter((other) => other.name === task.name).map(({ acc }) => acc));
      return percent(shares.reduce((sum, acc) => sum + acc, 0) / shares.length);
    }),
  ]);
  const means = seeds.length > 1 ? ', means over seeds' : '';
  return table(
    [`right answers of the last release${means}`, ...tasks.map(({ name, items }) => `${printable(name)} (${items})`)],
    [...rows, [style.dim('guessing'), ...tasks.map(({ chance }) => style.dim(percent(chance)))]],
    style,
    tasks.map((_, index) => index + 1),
  );
}
