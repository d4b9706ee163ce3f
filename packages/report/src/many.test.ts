import type { Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { crowdedResults } from '../test/crowded.js';
import { smallResults } from '../test/small.js';
import { renderReport } from './report.js';
import { viewOf } from './view.js';

/** The small results with more strategies: the first is the baseline, number 150 the best, number 60 the cheapest. */
function many(count: number): Results {
  const small = smallResults();
  const [first] = small.strategies;
  const name = (index: number) => (index === 0 ? small.baseline : `s${index}`);
  const strategies = Array.from({ length: count }, (_, index) => ({
    ...first!,
    name: name(index),
    releases: first!.releases.map((release) => ({
      ...release,
      loss: 3 + Math.abs(index - 150) / 100,
      cumulative: { ...release.cumulative, tokens: release.cumulative.tokens + (index === 60 ? -1 : 0) },
    })),
  }));
  const names = strategies.map((strategy) => strategy.name);
  const { nodes, edges } = small.graph;
  return {
    ...small,
    strategies,
    comparison: null,
    failures: [],
    graph: {
      ...small.graph,
      nodes: nodes.map((node) => ({
        ...node,
        releases: node.releases.length === 0 ? [] : names.map((strategy) => ({ strategy, version: 1 })),
      })),
      edges: edges.map((edge) => ({ ...edge, strategies: names })),
    },
  };
}

const sectionOf = (page: string, id: string) => new RegExp(`<section id="${id}">.*?</section>`, 's').exec(page)![0];
const countOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

describe('a report of 200 strategies', () => {
  const results = many(200);
  const page = renderReport(results);

  it('draws the baseline, the best and what no other beats, in distinct looks', () => {
    const { shown, others } = viewOf(results);
    expect([shown.length, others.length]).toEqual([20, 180]);
    expect(shown.map(({ name }) => name)).toEqual(expect.arrayContaining([results.baseline, 's150', 's60', 's149']));
    expect(new Set(shown.map(({ symbol, colour }) => `${symbol % 7} ${colour}`)).size).toBe(20);
  });

  it('has short legends, and says what they leave out', () => {
    const legends = [...page.matchAll(/<ul class="legend.*?<\/ul>/gs)].map(([text]) =>
      countOf(text, /<li class="pick"/g),
    );
    expect(legends.length).toBeGreaterThan(1);
    expect(Math.max(...legends)).toBe(20);
    for (const id of ['cost-loss', 'held-out', 'graph']) {
      expect(sectionOf(page, id)).toContain('20 of 200 strategies are drawn');
    }
  });

  it('folds the panels of the others away, and lets long tables scroll under their heads', () => {
    for (const id of ['paths', 'transfer', 'plugins']) {
      expect(sectionOf(page, id)).toContain('<details><summary>Show the other 180 strategies</summary>');
    }
    for (const id of ['table', 'heat', 'reproduce']) expect(sectionOf(page, id)).toContain('class="scroll tall"');
    const names = [...sectionOf(page, 'table').matchAll(/<bdi title="([^"]*)"/g)].map(([, name]) => name);
    expect(names.slice(0, 2)).toEqual([results.baseline, 's150']);
    expect(new Set(names).size).toBe(200);
  });

  it('stays small: charts do not grow with the number of strategies', () => {
    const whole = (id: string) => sectionOf(page, id).length;
    const few = renderReport(many(20));
    for (const id of ['held-out', 'graph']) expect(whole(id)).toBeLessThan(1.2 * sectionOf(few, id).length + 400);
    expect(page.length).toBeLessThan(200 * 16_000);
  });
});

it('draws every strategy if there are few', () => {
  const { shown, others } = viewOf(many(32));
  expect([shown.length, others.length]).toEqual([32, 0]);
  expect(renderReport(many(32))).not.toContain('<details>');
});

describe('a report of 200 strategies with long names', () => {
  const results = crowdedResults();
  const page = renderReport(results);

  it('has different labels for different strategies, in every legend and chart', () => {
    const legends = [...page.matchAll(/<ul class="legend.*?<\/ul>/gs)].map(([text]) =>
      [...text.matchAll(/<bdi title="[^"]*">(.*?)<\/bdi>/g)].map(([, label]) => label),
    );
    const ends = [...sectionOf(page, 'held-out').matchAll(/<svg.*?<\/svg>/gs)].map(([chart]) =>
      [...chart.matchAll(/<text class="label[^>]*>(.*?)<\/text>/g)].map(([, label]) => label),
    );
    const all = [...legends, ...ends].filter((labels) => labels.length > 0);
    expect(all.length).toBeGreaterThan(3);
    for (const labels of all) expect([labels.length, new Set(labels).size]).toEqual([20, 20]);
  });

  it('names every strategy in full in its table', () => {
    const table = sectionOf(page, 'table');
    const shown = new Set([...table.matchAll(/<bdi title="[^"]*">(.*?)<\/bdi>/g)].map(([, name]) => name));
    expect(results.strategies.filter(({ name }) => !shown.has(name))).toEqual([]);
  });

  it('stays below 9 MB, and its run graph below three screens', () => {
    expect(page.length).toBeLessThan(9e6);
    const [, height] = /<svg viewBox="0 0 1040 (\d+)/.exec(sectionOf(page, 'graph'))!;
    expect(Number(height)).toBeLessThan(2700);
  });
});
