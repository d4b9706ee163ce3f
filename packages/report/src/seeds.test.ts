import type { ComparisonResult } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { seedsResults } from '../test/comparison.js';
import { quickResults } from '../test/fixture.js';
import { parseResults } from './parse.js';
import { renderReport } from './report.js';
import { meanOf } from './seeds.js';
import { viewOf } from './view.js';

const report = renderReport(seedsResults());

describe('several seeds', () => {
  it('parse', () => {
    expect(parseResults(JSON.parse(JSON.stringify(seedsResults()))).seeds).toEqual([17, 18, 19]);
  });

  it('are merged into one strategy with means over seeds', () => {
    const view = viewOf(seedsResults());
    const quick = viewOf(quickResults());
    expect(view.strategies.map(({ name, runs }) => [name, runs.length])).toEqual(
      quick.strategies.map(({ name }) => [name, 3]),
    );
    for (const [index, { last }] of view.strategies.entries()) {
      expect(last!.loss).toBeCloseTo(quick.strategies[index]!.last!.loss, 12);
    }
  });

  it('have means of transfer and of every part of the held-out text', () => {
    const quick = quickResults();
    const strategy = quick.strategies[1]!;
    const [first, last] = [strategy.releases[0]!, strategy.releases[3]!];
    const run = (seed: number, more: number) => ({
      ...strategy,
      seed,
      releases: [
        first,
        {
          ...last,
          // In another order: parts are matched by version and domain.
          heldOut: last.heldOut!.map((part) => ({ ...part, loss: part.loss + more, bitsPerByte: more })).reverse(),
          transfer: { forgetting: more, backwardTransfer: 2 * more, forwardTransfer: 3 * more },
        },
      ],
    });
    const mean = meanOf([{ ...strategy, releases: [first, last] }, run(18, 1), run(19, 5)]);
    const { forgetting, backwardTransfer, forwardTransfer } = last.transfer!;
    expect(mean.releases[0]!.transfer).toBeUndefined();
    expect(mean.releases[1]!.transfer!.forgetting).toBeCloseTo((forgetting + 6) / 3, 12);
    expect(mean.releases[1]!.transfer!.backwardTransfer).toBeCloseTo((backwardTransfer + 12) / 3, 12);
    expect(mean.releases[1]!.transfer!.forwardTransfer).toBeCloseTo((forwardTransfer + 18) / 3, 12);
    for (const [index, { loss, bitsPerByte }] of mean.releases[1]!.heldOut!.entries()) {
      expect(loss).toBeCloseTo(last.heldOut![index]!.loss + 2, 12);
      expect(bitsPerByte).toBeCloseTo((last.heldOut![index]!.bitsPerByte + 6) / 3, 12);
    }
  });

  it('have the whole graph of one seed drawn', () => {
    const { graph } = viewOf(seedsResults());
    const quick = quickResults().graph;
    expect(graph.nodes.map(({ id }) => id)).toEqual(quick.nodes.map(({ id }) => id));
    expect(graph.edges).toEqual(quick.edges);
  });

  it('have a thin line each', () => {
    // Six strategies under three seeds, in two charts of two sizes.
    expect(report.match(/class="line run"/g)).toHaveLength(6 * 3 * 2 * 2);
  });

  it('draw only finite coordinates', () => {
    expect(report.match(/.{80}(NaN|Infinity|undefined)/)?.[0]).toBeUndefined();
  });

  it('lead with the verdicts', () => {
    expect(report).toContain('Over 3 seeds against ');
    expect(report).toContain('3 seeds (17, 18, 19).');
    expect(report).not.toContain('One seed');
  });
});

describe('verdicts', () => {
  const withComparison = (change: Partial<ComparisonResult['registration']>) => {
    const results = seedsResults();
    const comparison = results.comparison!;
    return renderReport({
      ...results,
      comparison: { ...comparison, registration: { ...comparison.registration, ...change } },
    });
  };

  it('are shown with their intervals, for strategies and for claims', () => {
    const section = /<section id="comparison">.*?<\/section>/s.exec(report)![0];
    for (const verdict of ['better', 'worse', 'equivalent', 'undecided', 'holds', 'fails']) {
      expect(section).toContain(`<td class="verdict ${verdict}">${verdict}`);
    }
    expect(section).toContain('−0.0550 to −0.0050');
    expect(section).toContain('it failed');
    expect(section).toContain('+1000000');
  });

  it('show when their rule was fixed, with a warning if that was after results', () => {
    expect(withComparison({ others: [] })).toContain('before the first release was evaluated.');
    expect(withComparison({})).toContain('Fixed before the results, but changed in between');
    expect(withComparison({})).toContain('Another rule and other seeds had been fixed 2026-01-02');
    expect(withComparison({ releases: 2, others: [] })).toContain('Fixed after 2 of 6 releases had been evaluated');
  });

  it('are left out without a rule', () => {
    expect(renderReport(quickResults())).not.toContain('id="comparison"');
  });
});
