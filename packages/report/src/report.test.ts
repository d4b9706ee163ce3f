import type { Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { difficultNames, manyResults, quickResults } from '../test/fixture.js';
import { findingOf } from './finding.js';
import { renderReport } from './report.js';
import { viewOf } from './view.js';

const sentence = (results: Results) =>
  findingOf(viewOf(results))
    .headline.map((piece) => (typeof piece === 'string' ? piece : piece.name))
    .join('');

/** The quick results with the last losses as given; a strategy that is not named is left out. */
function withLosses(losses: Readonly<Record<string, number>>): Results {
  const results = quickResults();
  const strategies = results.strategies
    .filter((strategy) => losses[strategy.name] !== undefined)
    .map((strategy) => ({
      ...strategy,
      releases: strategy.releases.map((release) =>
        release.version === 4 ? { ...release, loss: losses[strategy.name]! } : release,
      ),
    }));
  return { ...results, strategies, graph: { ...results.graph, nodes: [], edges: [] } };
}

describe('the finding', () => {
  it('names the best strategy that is cheaper than the baseline', () => {
    const results = withLosses({ 'from scratch': 1.33, continual: 1.365, 'path switching': 1.291, CMA: 1.304 });
    expect(sentence(results)).toBe('path switching: 58% of the tokens of from scratch, loss 1.29 against 1.33');
    const support = findingOf(viewOf(results)).support.map((s) =>
      s.map((p) => (typeof p === 'string' ? p : p.name)).join(''),
    );
    expect(support).toEqual([
      'CMA needs 40% and reaches 1.304 (−0.026).',
      'The highest loss is that of continual: 1.365 (+0.035) at 40%.',
    ]);
  });

  it('says that no strategy reached the baseline, with digits that distinguish the losses', () => {
    const results = withLosses({ 'from scratch': 1.33, continual: 1.332 });
    expect(sentence(results)).toBe('continual: 40% of the tokens of from scratch, loss 1.332 against 1.330');
    expect(findingOf(viewOf(results)).support[0]).toContain('No cheaper strategy has a loss as low as that of ');
  });

  it('handles a baseline alone, and one that stopped', () => {
    expect(sentence(withLosses({ 'from scratch': 1.33 }))).toBe(
      'from scratch: loss 1.330 after part 4, without a strategy to compare it with',
    );
    const stopped = withLosses({ 'from scratch': 1.33 });
    const strategies = stopped.strategies.map((strategy) => ({ ...strategy, releases: [] }));
    expect(sentence({ ...stopped, strategies })).toBe('from scratch, the baseline, did not release part 4');
  });
});

describe('the report', () => {
  it('is deterministic', () => {
    expect(renderReport(quickResults())).toBe(renderReport(quickResults()));
  });

  it('loads nothing, runs no scripts, and forbids both', () => {
    const page = renderReport(quickResults());
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page.match(/<script|<img|<iframe|<object|@import|url\((?!#)|https?:|javascript:/i)?.[0]).toBeUndefined();
    expect([...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((match) => match[1])).toEqual(['data:,']);
  });

  it('has every section, in order, under real headings', () => {
    const page = renderReport(quickResults());
    expect([...page.matchAll(/<section id="([^"]+)"><h2>/g)].map((match) => match[1])).toEqual([
      'cost-loss',
      'table',
      'paths',
      'held-out',
      'graph',
      'transfer',
      'heat',
      'plugins',
      'reproduce',
    ]);
    expect(page.match(/<h1>/g)).toHaveLength(1);
  });

  it('gives every chart a title and a description with unique ids', () => {
    const page = renderReport(manyResults());
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, labels] of page.matchAll(/aria-labelledby="([^"]+)"/g)) {
      for (const label of labels!.split(' ')) expect(ids).toContain(label);
    }
  });

  it('treats names as text, with any content', () => {
    const page = renderReport(quickResults((name) => difficultNames[name]!));
    expect(page.match(/<script|<img/)).toBeNull();
    expect(page).toContain('&lt;script&gt;alert(&quot;baseline&quot;)&lt;/script&gt;');
    expect(page).toContain('&quot;quoted&quot; &amp; &#39;single&#39; &lt;/title&gt;');
    for (const name of ['学习率路径切换：주 경로와 분기', 'مسار رئيسي ثابت']) expect(page).toContain(name);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  it('flags what diverged, and keeps it from flattening the charts of the others', () => {
    const plain = quickResults();
    const [first, ...rest] = plain.strategies;
    const wild = {
      ...first!,
      name: 'wild',
      releases: first!.releases.map((release) => ({ ...release, loss: 800 })),
    };
    const message = '"wild" diverged';
    const page = (uniformLoss?: number) =>
      renderReport({
        ...plain,
        data: { ...plain.data, ...(uniformLoss !== undefined && { uniformLoss }) },
        warnings: [{ strategies: ['wild'], message }],
        strategies: [first!, ...rest, wild],
      });
    const ticks = (text: string) =>
      [...text.matchAll(/text-anchor="end">(\d+)(?:\.\d+)?</g)].map(([, tick]) => Number(tick));
    expect(page(5.55)).toContain('&quot;wild&quot; diverged');
    expect(page(5.55).match(/<small class="diverged">/g)).toHaveLength(wild.releases.length);
    expect(page(5.55)).toContain('cut: what diverged lies beyond');
    expect(Math.max(...ticks(page(5.55)))).toBeLessThan(10);
    // Without the loss of guessing, nothing says that 800 is wrong.
    expect(page()).not.toContain('cut: what diverged');
    expect(Math.max(...ticks(page()))).toBeGreaterThan(100);
  });

  it('draws only finite coordinates', () => {
    for (const results of [quickResults(), manyResults(), withLosses({ 'from scratch': 1.33 }), bare()]) {
      expect(renderReport(results).match(/.{80}(NaN|Infinity|undefined)/)?.[0]).toBeUndefined();
    }
  });
});

/** Minimal valid results: a strategy without releases. */
function bare(): Results {
  const results = quickResults();
  const zero = { tokens: 0, flops: 0, steps: 0, deviceSeconds: 0, energyJoules: 0, money: 0 };
  return {
    ...results,
    data: { ...results.data, versions: results.data.versions.slice(0, 1), domains: [], heldOutTokens: 0 },
    strategies: [
      {
        name: 'from scratch',
        seed: 17,
        plugins: [],
        cost: { standalone: zero, attributed: zero, ratioToBaseline: 1 },
        releases: [],
        captures: [],
        paths: [],
      },
    ],
    graph: { segments: 0, tokensTrained: 0, tokensStandalone: 0, nodes: [], edges: [] },
    failures: [],
    actual: zero,
  };
}
