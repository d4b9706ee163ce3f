import type { Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { smallResults } from '../test/small.js';
import { findingOf } from './finding.js';
import { parseResults } from './parse.js';
import { renderReport } from './report.js';
import { viewOf } from './view.js';

/** Results of an unfinished run: the releases that each of the two strategies has, by version. */
function partialResults(...kept: readonly (readonly number[])[]): Results {
  const small = smallResults();
  const strategies = small.strategies.map((of, index) => {
    const releases = of.releases.filter(({ version }) => kept[index]!.includes(version));
    const isWhole = kept[0]!.length === 2 && kept[index]!.length === 2;
    return { ...of, releases, cost: { ...of.cost, ratioToBaseline: isWhole ? of.cost.ratioToBaseline : null } };
  });
  const missing = strategies.map(({ name, seed, releases }) => ({
    strategy: name,
    seed,
    versions: [1, 2].filter((index) => releases.every(({ version }) => version !== index)),
  }));
  return {
    ...small,
    strategies,
    comparison: null,
    partial: { releases: kept.flat().length, of: 4, missing: missing.filter(({ versions }) => versions.length > 0) },
  };
}

const rows = (page: string) =>
  [.../<section id="table">.*?<\/section>/s.exec(page)![0].matchAll(/<tr class[^>]*>.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<td class="([^"]*)"/g)].map(([, kind]) => (kind === 'none' ? '–' : '#')).join(''),
  );

describe('a partial report', () => {
  it('has a banner with what is missing, and no verdicts', () => {
    const results = partialResults([1, 2], [1]);
    const page = renderReport(results);
    const [banner] = /<p class="caveat partial">.*?<\/p>/s.exec(page)!;
    expect(banner).toContain('Partial: 3 of 4 releases.');
    expect(banner).toContain('<bdi>two</bdi> summer.');
    expect(banner).toContain(`<code>${results.experiment.command}</code>`);
    expect(findingOf(viewOf(results)).headline).toEqual(['Partial: 3 of 4 releases']);
    expect(page).not.toContain('id="comparison"');
    expect(page).not.toContain('NaN');
  });

  it('has dashes for missing releases and for the costs of strategies that lack one', () => {
    expect(rows(renderReport(partialResults([1, 2], [1])))).toEqual(['#######–', '–––––#––']);
    expect(rows(renderReport(partialResults([1], [])))).toEqual(['–––––#––', '––––––––']);
  });

  it('is drawn with whatever is there', () => {
    for (const kept of [
      [[], [2]],
      [[2], [1]],
      [[1], []],
      [[], [1, 2]],
    ]) {
      const results = partialResults(...kept);
      const read = parseResults(JSON.parse(JSON.stringify(results)));
      const page = renderReport({
        ...read,
        strategies: read.strategies.map((of) => (of.releases.length === 0 ? { ...of, paths: [] } : of)),
      });
      expect(page).toContain(`Partial: ${kept.flat().length} of 4`);
      expect(page).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('names a few strategies of many', () => {
    const results = partialResults([1, 2], [1]);
    const missing = Array.from({ length: 200 }, (_, index) => ({ strategy: `s${index}`, seed: 1, versions: [1, 2] }));
    const page = renderReport({ ...results, partial: { releases: 3, of: 403, missing } });
    expect(/<p class="caveat partial">.*?<\/p>/s.exec(page)![0]).toContain(
      '<bdi>s11</bdi> spring, summer and 188 more.',
    );
  });
});
