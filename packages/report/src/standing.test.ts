import type { ComparisonResult, Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { seedsResults } from '../test/comparison.js';
import { quickResults } from '../test/fixture.js';
import { findingOf } from './finding.js';
import { renderReport } from './report.js';
import { viewOf } from './view.js';

type Verdict = ComparisonResult['comparisons'][number]['verdict'];

/** Three seeds whose comparisons all have one verdict. */
function withVerdict(verdict: Verdict): Results {
  const results = seedsResults();
  const comparison = results.comparison!;
  return {
    ...results,
    comparison: { ...comparison, comparisons: comparison.comparisons.map((one) => ({ ...one, verdict })) },
  };
}

const partOf = (page: string, pattern: RegExp) => pattern.exec(page)![0];
const headline = (results: Results) => partOf(renderReport(results), /<h1>.*?<\/h1>/s);
const cells = (results: Results) =>
  [
    ...partOf(renderReport(results), /<section id="table">.*?<\/section>/s).matchAll(
      /<td class="(standing[^"]*)">(.*?)<\/td>/g,
    ),
  ].map(([, kind, text]) => [kind, text!.replaceAll(/<[^>]*>/g, ' ')]);

describe('a difference to the baseline', () => {
  it('carries its verdict in the headline', () => {
    for (const verdict of ['better', 'worse', 'equivalent', 'undecided'] as const) {
      expect(headline(withVerdict(verdict))).toContain(
        `<span class="standing ${verdict}">${verdict} over 3 seeds</span>`,
      );
    }
    expect(headline(quickResults())).toContain('<span class="standing none">one seed: no interval</span>');
  });

  it('is coloured in the table only by a verdict', () => {
    const kinds = (results: Results) => [...new Set(cells(results).map(([kind]) => kind))];
    expect(kinds(withVerdict('better'))).toEqual(['standing better']);
    expect(kinds(withVerdict('undecided'))).toEqual(['standing undecided']);
    expect(kinds({ ...withVerdict('better'), comparison: null })).toEqual(['standing none']);
    expect(kinds(quickResults())).toEqual(['standing none']);
    for (const [, text] of cells(withVerdict('undecided'))) expect(text).toContain('undecided over 3 seeds');
  });

  it('has the words of its verdict in every sentence of the finding', () => {
    const words = (results: Results) =>
      findingOf(viewOf(results))
        .support.map((pieces) => pieces.filter((piece) => typeof piece === 'string').join('…'))
        .filter((text) => /needs|highest loss/.test(text));
    expect(words(withVerdict('undecided')).length).toBeGreaterThan(0);
    for (const text of words(withVerdict('undecided'))) expect(text).toContain('undecided over 3 seeds');
  });

  it('is not called better, worse or beaten anywhere with one seed', () => {
    const text = renderReport(quickResults())
      .replace(/<style>.*?<\/style>/s, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('lower is better', '')
      .replaceAll('no difference is called better or worse', '')
      .replaceAll('no strategy is called better or worse', '');
    expect(/.{40}\b(better|worse|beats?|beaten|wins?)\b.{40}/i.exec(text)?.[0]).toBeUndefined();
  });

  it('shows green and red by class of a verdict alone: the lowest of a column and the names have neither', () => {
    const style = partOf(renderReport(quickResults()), /<style>.*?<\/style>/s);
    const rules = [...style.matchAll(/([^{}]+)\{([^{}]*var\(--(?:good|bad)\)[^{}]*)\}/g)].map(([, selector]) =>
      selector!.trim(),
    );
    expect(rules.length).toBeGreaterThan(3);
    for (const selector of rules.flatMap((all) => all.split(',')))
      expect(selector).toMatch(/\.(verdict|standing|fails)\b/);
    expect(style).not.toMatch(/h1 \.strategy\{color/);
  });
});
