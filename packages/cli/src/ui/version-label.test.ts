import type { Results } from '@branchline/evaluation';
import { renderReport } from '@branchline/report';
import { quickResults } from '@branchline/report/test/fixture.js';
import { describe, expect, test } from 'vitest';
import { resultsText } from './results-table.js';
import { styleFor } from './style.js';
import { releasesTable } from './update-table.js';
import { versionLabels, versionTitle } from './version-label.js';

/** The quick results, whose four versions have these names. */
function resultsOf(names: readonly string[]): Results {
  const quick = quickResults();
  const versions = quick.data.versions.map((version, at) => ({ ...version, name: names[at]! }));
  const renamed = new Map(quick.data.versions.map(({ name }, at) => [name, names[at]!]));
  const strategies = quick.strategies.map((strategy) => ({
    ...strategy,
    releases: strategy.releases.map((release) => ({
      ...release,
      lossByVersion: Object.fromEntries(
        Object.entries(release.lossByVersion).map(([name, loss]) => [renamed.get(name) ?? name, loss]),
      ),
    })),
  }));
  return { ...quick, data: { ...quick.data, versions }, strategies };
}

const plain = styleFor({ isTTY: false } as never);
const textOf = (markup: string) => markup.replaceAll(/<[^>]*>/g, '');

/** Column heads of the losses: on the terminal, and in the report. */
function headsOf(results: Results) {
  const [head] = resultsText(results, plain).split('\n');
  const report = /<table class="main">.*?<\/thead>/s.exec(renderReport(results))![0];
  const cells = [...report.split('</tr>')[1]!.matchAll(/<th scope="col">(.*?)<\/th>/g)].map(([, cell]) =>
    textOf(cell!),
  );
  return { terminal: head!.trim().split(/ {2,}/).slice(4), report: cells.slice(5) };
}

describe('versions have the same names on the terminal and in the report', () => {
  test.each([
    [
      ['1', '2', '3', '4'],
      ['v1', 'v2', 'v3', 'v4'],
    ],
    [
      ['2024-05', '2024-06', '2024-07', '2024-08'],
      ['2024-05', '2024-06', '2024-07', '2024-08'],
    ],
    [
      ['docs', '2', '17', 'v2'],
      ['docs', 'v2', '17', 'v4 · v2'],
    ],
  ])('%j', (names, shown) => {
    const heads = headsOf(resultsOf(names));
    expect(heads.terminal).toEqual(shown);
    expect(heads.report).toEqual(shown);
  });

  test('in the tables of an update, too', () => {
    const results = resultsOf(['2024-05', '2024-06', '3', '4']);
    const [head] = releasesTable(results, [], plain).split('\n');
    expect(head).toMatch(/on 2024-05 +on 2024-06 +on v3 +on v4$/);
  });

  test('and no section of the report has another name', () => {
    const report = textOf(
      renderReport(resultsOf(['2024-05', '2024-06', '2024-07', '2024-08'])).replace(/<style>.*?<\/style>/s, ''),
    );
    expect(/.{30}\bv[1-4]\b.{30}/s.exec(report)?.[0]).toBeUndefined();
    expect(/.{30}\bversion [1-4]\b.{30}/s.exec(report)?.[0]).toBeUndefined();
  });
});

test('in a sentence, numbers stay numbers', () => {
  const counted = versionLabels([{ name: '1' }, { name: '2' }, { name: '3' }]);
  expect(versionTitle(counted, [3])).toBe('version 3');
  expect(versionTitle(counted, [1, 3], ' to ')).toBe('versions 1 to 3');
  expect(versionTitle(versionLabels([{ name: 'may' }, { name: 'june' }]), [1, 2])).toBe('may, june');
});

test('what a terminal interprets is escaped', () => {
  expect(versionLabels([{ name: 'a\u001b[31mb' }])(1)).toBe('a\\u001b[31mb');
});
