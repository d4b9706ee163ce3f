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
 * The numbers of each small table, row by row, followed by the strength of the tint; in brackets for text of later
 * versions.
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

  it('are one table per strategy, tinted by the difference to the lowest of each text', () => {
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

  it('show forgetting and transfer', () => {
    expect(sectionOf(results(), 'transfer')).toContain(
      '<dt>forgetting</dt><dd>+0.500</dd></div><div><dt>backward transfer</dt><dd>−0.250</dd></div><div><dt>forward transfer</dt><dd>3.000</dd>',
    );
  });
});

describe('domains by versions', () => {
  it('are one table per strategy, with a dash if there is no text', () => {
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

describe('missing results', () => {
  it('leave the section out for results of earlier versions of Branchline', () => {
    const old = withReleases(({ heldOut: _parts, transfer: _transfer, ...release }) => release);
    const read = parseResults(JSON.parse(JSON.stringify(old)));
    expect(tablesOf(sectionOf(read, 'transfer')!)).toHaveLength(2);
    expect(sectionOf(read, 'transfer')).not.toContain('class="sums"');
    expect(tablesOf(sectionOf(read, 'heat')!)).toEqual([]);
  });

  it('leave the section out for a single version', () => {
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
