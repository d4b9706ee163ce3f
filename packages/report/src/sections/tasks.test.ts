import type { ReleaseResult, Results, TaskResult } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { smallResults } from '../../test/small.js';
import { parseResults } from '../parse.js';
import { renderReport } from '../report.js';
import { meanOf } from '../seeds.js';

const part = (domain: string, acc: number, items: number) => ({
  ...{ version: 1, domain, items, acc, acc_norm: acc / 2, chance: 0.25 },
});
const task = (acc: number, items = 40): TaskResult => ({
  ...{ name: 'facts', items, acc, acc_norm: acc / 2, chance: 0.25 },
  parts: [part('prose', acc, 30), part('code', 0, 10)],
});
/** The two strategies of the small results, with an accuracy for each of their two releases. */
const withTasks = (accuracies: readonly (readonly (number | undefined)[])[]): Results => {
  const small = smallResults();
  const strategies = small.strategies.map((of, index) => ({
    ...of,
    releases: of.releases.map((release, row): ReleaseResult => {
      const acc = accuracies[index]![row];
      return { ...release, tasks: acc === undefined ? undefined : [task(acc, 40 * (row + 1))] };
    }),
  }));
  return { ...small, strategies };
};
const sectionOf = (results: Results) => /<section id="tasks">.*?<\/section>/s.exec(renderReport(results))?.[0];
const cellsOf = (table: string) =>
  [...table.matchAll(/<tr[^>]*><th scope="row">.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<td class="([^"]*)"[^>]*>(?:<span>)?([^<]*)/g)].map(([, kind, text]) =>
      kind!.includes('best') ? `[${text}]` : text,
    ),
  );

describe('tasks', () => {
  it('have a table each, with the chance level below and the highest marked', () => {
    const section = sectionOf(
      withTasks([
        [0.5, 0.7],
        [0.4, 0.7],
      ]),
    )!;
    expect(cellsOf(section.split('</table>')[0]!)).toEqual([
      ['[50%]', '70%'],
      ['40%', '70%'],
      ['25%', '25%'],
    ]);
    expect(section).toContain('<bdi>spring</bdi><br>40 items');
    expect(section).toContain('<bdi>summer</bdi><br>80 items');
    expect(section).toContain('<small>35%</small>');
  });

  it('are split by domain if there are several, weighted by items', () => {
    const section = sectionOf(
      withTasks([
        [0.5, 0.8],
        [0.4, 0.6],
      ]),
    )!;
    const [, domains] = section.split('</table>');
    expect(domains).toContain('<bdi>code</bdi></th><th scope="col"><bdi>prose</bdi>');
    expect(domains).toContain('<td>0%</td><td>80%</td>');
  });

  it('have a dash if a release answered nothing, and no section without tasks', () => {
    expect(
      cellsOf(
        sectionOf(
          withTasks([
            [undefined, 0.5],
            [0.5, 0.5],
          ]),
        )!,
      )[0],
    ).toEqual(['–', '50%']);
    expect(
      sectionOf(
        withTasks([
          [undefined, undefined],
          [undefined, undefined],
        ]),
      ),
    ).toBeUndefined();
  });

  it('have means over seeds, and parse', () => {
    const [one, two] = [
      withTasks([
        [0.5, 0.5],
        [0.5, 0.5],
      ]),
      withTasks([
        [0.75, 0.5],
        [0.5, 0.5],
      ]),
    ];
    const mean = meanOf([one.strategies[0]!, { ...two.strategies[0]!, seed: 2 }]).releases[0]!.tasks![0]!;
    expect(mean).toMatchObject({ acc: 0.625, acc_norm: 0.3125, chance: 0.25, items: 40 });
    expect(mean.parts[0]).toMatchObject({ domain: 'prose', acc: 0.625, items: 30 });
    expect(parseResults(JSON.parse(JSON.stringify(one))).strategies[0]!.releases[0]!.tasks).toHaveLength(1);
  });
});
