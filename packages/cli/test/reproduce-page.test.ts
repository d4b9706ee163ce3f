/** Files of a reproduction: a page, a results section with pictures, and figures. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { fromScratch } from '@branchline/plugin-baselines';
import { pathSwitching } from '@branchline/plugin-path-switching';
import {
  costLossPoints,
  type PaperClaim,
  pair,
  type Reproduction,
  verdictsOf,
  withClaims,
} from '@branchline/reproductions';
import { expect, it } from 'vitest';
import { checkReproduction, gatherFacts } from '../src/reproduce/bench.js';
import { reproductionText } from '../src/reproduce/show.js';
import { writeFiles } from '../src/reproduce/write.js';

function writeText(directory: string): string {
  const random = new RandomStream(1, 'page');
  mkdirSync(join(directory, 'texts'), { recursive: true });
  for (let index = 0; index < 120; index++) {
    const text = Array.from({ length: 900 }, () => String.fromCharCode(97 + random.below(26))).join('');
    writeFileSync(join(directory, 'texts', `${index}.txt`), text);
  }
  return join(directory, 'texts');
}

const claims: readonly PaperClaim[] = [
  {
    id: 'cost',
    claim: 'Path switching costs as much as training from scratch',
    where: 'nowhere',
    note: 'It is what the paper is about.',
    test: {
      by: 'count',
      count: ({ plans }) => ({ found: plans.planned!.stepsOf.switching!, expected: plans.planned!.stepsOf.PTFS! }),
    },
  },
  {
    id: 'tokens',
    claim: 'Training from scratch takes fewer tokens',
    where: 'nowhere',
    test: pair('trained', ['PTFS', 'switching'], '< 0', { metric: 'tokens' }),
  },
  {
    id: 'more',
    claim: 'Training from scratch takes more tokens',
    where: 'nowhere',
    note: 'Not shown, because it holds.',
    test: pair('trained', ['PTFS', 'switching'], '> 0', { metric: 'tokens' }),
  },
  { id: 'both', claim: 'Both of these', where: 'nowhere', test: { by: 'parts', parts: ['more', 'tokens'] } },
];

/** Two versions of two strategies on a quadratic. */
function reproductionOf(directory: string): Reproduction {
  const base = {
    model: { layers: 1, width: 16, heads: 1, context: 32 },
    data: {
      sources: [{ files: writeText(directory) }],
      versions: { by: 'random' as const, count: 2, tokens: 10 * 4 * 32 },
    },
    training: { batch: 4, lr: { peak: 0.1, warmup: 2 } },
    strategies: { PTFS: [fromScratch()], switching: [pathSwitching({ alpha: 0.5 })] },
    trainer: { trainer: 'quadratic' as const, options: {} },
    baseline: 'PTFS',
  };
  return {
    paper: 'small',
    source: 'An Author, A Journal',
    setting: 'As small as it gets.',
    experiments: [withClaims({ ...base, name: 'trained', seeds: 2 }, claims)],
    plans: [{ ...base, name: 'planned' }],
    claims,
    tables: () => [{ title: 'A table', caption: 'With | a bar.', head: ['a', 'b'], rows: [['1', 'x | y']] }],
    figures: ({ results, plans }) => [
      {
        kind: 'cost-loss',
        id: 'front',
        title: 'The [front]',
        caption: 'All of it.',
        points: costLossPoints(results.trained!, (name) => (name === 'PTFS' ? 'from scratch' : undefined)),
        costTitle: 'cost',
        lossTitle: 'loss',
      },
      {
        kind: 'graph',
        id: 'graph',
        title: 'Graph',
        caption: 'Of the plan.',
        panels: [{ title: 'both', graph: plans.planned!.graph }],
        unit: { steps: plans.planned!.increment, name: 'T' },
      },
    ],
    tokensPerSecond: 1,
  };
}

it('writes a page, a report for each experiment, figures, and Markdown that links to them; deterministic', async () => {
  const directory = folder();
  const runs = join(directory, 'runs', 'small');
  const reproduction = reproductionOf(directory);
  const checked = await checkReproduction(reproduction, { directory, seeds: undefined });
  const { facts } = await gatherFacts(checked, runs);
  const verdicts = verdictsOf(claims, facts);
  expect(verdicts.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['cost', 'fails'],
    ['tokens', 'fails'],
    ['more', 'holds'],
    ['both', 'fails'],
  ]);
  expect(verdicts.map(({ reason, note }) => [reason, note])).toEqual([
    ['counted 25, expected 30', 'It is what the paper is about.'],
    [expect.stringMatching(/^the opposite is established: the interval \[\d+, \d+\] lies above 0$/), null],
    [null, null],
    [expect.stringMatching(/^decided by tokens: the opposite is established/), null],
  ]);

  const made = {
    reproduction,
    facts,
    verdicts,
    tables: reproduction.tables(facts),
    figures: reproduction.figures!(facts),
  };
  const out = join(directory, 'docs', 'results.md');
  const wanted = {
    runs,
    command: 'branchline reproduce small',
    report: true,
    out,
    figures: join(directory, 'docs', 'figures'),
  };
  const files = await writeFiles(made, wanted);
  expect(files).toEqual({ report: join(runs, 'report.html'), figures: wanted.figures, out });

  const page = readFileSync(files.report!, 'utf8');
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!);
  expect(links).toEqual(['data:,', 'trained/report.html']);
  expect(existsSync(join(dirname(files.report!), links[1]!))).toBe(true);
  expect(page).toContain('Reproducing small: 1 of 4 claims hold, 3 fail, 0 undecided');
  expect(page).toContain('It is what the paper is about.');
  expect(page).not.toContain('Not shown, because it holds.');
  // The graph of the plan: the branch of the first version, and the path to the second.
  expect(page).toMatch(/trained: \d/);

  expect(readdirSync(wanted.figures)).toEqual(['small-front.svg', 'small-graph.svg']);
  const markdown = readFileSync(out, 'utf8');
  expect(markdown).toContain('[../runs/small/report.html](../runs/small/report.html)');
  expect(markdown).toContain('![The \\[front\\]](figures/small-front.svg)');
  expect(markdown).toContain('**Figure 2. Graph.** Of the plan.');
  expect(markdown).toContain('**Table 1. A table.** With | a bar.');
  expect(markdown).toMatch(/^\| fails \| cost \| .*counted 25, expected 30\. It is what the paper is about\./m);
  expect(reproductionText(made)).toMatch(/fails +cost +counted 25, expected 30\. It is/);

  await writeFiles(made, wanted);
  expect(readFileSync(files.report!, 'utf8')).toBe(page);
  const without = await writeFiles(made, { runs, command: 'x', report: false });
  expect(without).toEqual({});
});
