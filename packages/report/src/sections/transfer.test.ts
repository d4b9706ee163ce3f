import type { ReleaseResult, Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { smallResults } from '../../test/small.js';
import { parseResults } from '../parse.js';
import { renderReport } from '../report.js';

const withReleases = (change: (release: ReleaseResult) => ReleaseResult): Results => {
  const results = smallResults();
  const strategies = results.strategies.map((of) => ({ ...of, releases: of.releases.map(change) }));
  return { ...results, strategies };
};
const sectionOf = (results: Results, id: string) =>
  new RegExp(`<section id="${id}">.*?</section>`, 's').exec(renderReport(results))?.[0];
/**
 * The numbers of each small table, row by row; in brackets on text that is still to come, with the share of the tint
 * after it.
 */
const tablesOf = (section: string) =>
  [...section.matchAll(/<table class="heatmap matrix">.*?<\/table>/gs)].map(([table]) =>
    [...table.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<td class="([^"]*)"(?: style="--h:([^"]*)")?[^>]*>(?:<span>)?([^<]*)/g)].map(
        ([, kind, tint, text]) => `${kind!.includes('ahead') ? `(${text})` : text} ${tint ?? ''}`.trim(),
      ),
    ),
  );

describe('releases by texts', () => {
  // Losses of version 1 and 2 on the text of each, for both strategies: the second is twice as far from the lowest.
  const losses = (first: number) => [
    [first, 4],
    [2, 3],
  ];
  const results = () => {
    const small = smallResults();
    const strategies = small.strategies.map((of, index) => ({
      ...of,
      releases: of.releases.map((release, row) => {
        const [spring, summer] = losses(index === 0 ? 2.5 : 4)[row]!;
        return { ...release, lossByVersion: { spring: spring!, summer: summer! } };
      }),
    }));
    return { ...small, strategies };
  };

  it('are one table for each strategy, tinted by the lowest of a text over all of them', () => {
    expect(tablesOf(sectionOf(results(), 'transfer')!)).toEqual([
      [
        ['2.500 25', '(4.000) 50'],
        ['2.000 0', '3.000 0'],
      ],
      [
        ['4.000 100', '(4.000) 50'],
        ['2.000 0', '3.000 0'],
      ],
    ]);
  });

  it('say what was forgotten and carried over', () => {
    expect(sectionOf(results(), 'transfer')).toContain(
      '<dt>forgetting</dt><dd>+0.500</dd></div><div><dt>backward transfer</dt><dd>−0.250</dd></div><div><dt>forward transfer</dt><dd>3.000</dd>',
    );
  });
});

describe('domains by versions', () => {
  it('are one table for each strategy, with a dash where there is no text', () => {
    const part = (version: number, domain: string, loss: number) => ({
      version,
      domain,
      tokens: 1,
      loss,
      bitsPerByte: 1,
    });
    const heldOut = [part(1, 'prose', 2), part(2, 'prose', 3), part(2, 'code', 4)];
    const table = [
      ['2.000 0', '3.000 0'],
      ['–', '4.000 0'],
    ];
    const results = withReleases((release) => ({ ...release, heldOut }));
    expect(tablesOf(sectionOf(results, 'heat')!)).toEqual([table, table]);
  });
});

describe('what results do not have', () => {
  it('is not drawn for results that were written before it was known', () => {
    const old = withReleases(({ heldOut: _parts, transfer: _transfer, ...release }) => release);
    const read = parseResults(JSON.parse(JSON.stringify(old)));
    expect(tablesOf(sectionOf(read, 'transfer')!)).toHaveLength(2);
    expect(sectionOf(read, 'transfer')).not.toContain('class="sums"');
    expect(tablesOf(sectionOf(read, 'heat')!)).toEqual([]);
  });

  it('is not drawn for one version', () => {
    const small = withReleases((release) => release);
    const one: Results = {
      ...small,
      data: { ...small.data, versions: small.data.versions.slice(0, 1) },
      strategies: small.strategies.map((of) => ({ ...of, releases: of.releases.slice(0, 1) })),
    };
    expect(sectionOf(one, 'transfer')).toBeUndefined();
    expect(tablesOf(sectionOf(one, 'heat')!)).toEqual([]);
  });
});
