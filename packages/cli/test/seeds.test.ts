import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import type { Results } from '@branchline/evaluation';
import { parseResults } from '@branchline/report';
import { expect, inject, it } from 'vitest';
import { branchline } from './bin.js';

const strategies = { 'from scratch': ['from-scratch'], averaging: ['continual', 'model-averaging'] };
const compare = { margin: 0.5, claims: { cheaper: { strategy: 'averaging', metric: 'tokens', expect: '< 0' } } };

it.runIf(inject('full'))(
  'several seeds: a table of means, verdicts, a bill by seed, and releases of each',
  async () => {
    const directory = folder();
    writeTexts(directory);
    writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies, compare, seeds: 2 }));
    const results = (): Results =>
      parseResults(JSON.parse(readFileSync(join(directory, 'runs', 'tiny', 'results.json'), 'utf8')));

    const plan = await branchline(directory, 'plan', 'tiny.json');
    expect(plan.stdout).toContain('tiny  seeds 1, 2');
    expect(plan.stdout).toMatch(/averaging +seeds 1, 2, each/);
    expect(plan.stdout).toContain('all 2 seeds together');

    const first = await branchline(directory, 'bench', 'tiny.json');
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('released averaging, version 3, seed 2: loss ');
    expect(first.stdout).toMatch(/from scratch \(baseline\) .* ±/);
    expect(first.stdout).toMatch(/holds +cheaper +-/);
    expect(first.stdout).toContain('before the first release was evaluated');
    const { comparison, seeds } = results();
    expect(seeds).toEqual([1, 2]);
    expect(comparison!.comparisons[0]).toMatchObject({ id: 'averaging vs from scratch', seeds: [1, 2] });
    expect(comparison!.registration).toMatchObject({ releases: 0, others: [] });

    const again = await branchline(directory, 'bench', 'tiny.json', '--seeds', '2,5', '--json');
    const summary = JSON.parse(again.stdout) as Results;
    expect(summary.seeds).toEqual([2, 5]);
    expect(summary.comparison!.registration).toMatchObject({ releases: 6, of: 12 });
    expect(summary.comparison!.registration.others[0]!.differs).toEqual(['seeds']);
    expect(summary.strategies.map(({ name, seed }) => [name, seed])).toEqual([
      ['from scratch', 2],
      ['averaging', 2],
      ['from scratch', 5],
      ['averaging', 5],
    ]);

    const bill = await branchline(directory, 'ledger', 'runs/tiny', '--by', 'strategy,seed', '--json');
    const { rows } = JSON.parse(bill.stdout) as { rows: { strategy: string; seed: number }[] };
    expect(rows.map(({ seed }) => Number(seed)).sort()).toEqual([2, 2, 5, 5]);
    expect((await branchline(directory, 'ledger', 'verify', 'runs/tiny')).code).toBe(0);

    const exported = ['store', 'export', 'runs/tiny', 'averaging', '--out', 'model'];
    expect((await branchline(directory, ...exported, '--seed', '7')).stderr).toContain('no seed 7 of "averaging"');
    expect((await branchline(directory, ...exported, '--seed', '5')).code).toBe(0);
    const lineage = JSON.parse(readFileSync(join(directory, 'model', 'lineage.json'), 'utf8')) as Record<
      string,
      object
    >;
    expect(lineage.experiment).toMatchObject({ seed: 5 });
  },
  120_000,
);

it('errors in seeds and in the rule are reported before anything starts', async () => {
  const directory = folder();
  writeTexts(directory);
  const wrong = { seeds: [1, 1], compare: { claims: { one: { strategy: 'missing', expect: 'better' } } } };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies, ...wrong }));
  const { code, stderr } = await branchline(directory, 'bench', 'tiny.json');
  expect(code).toBe(2);
  expect(stderr).toContain('is not a number of seeds from 1 to 1000, or a list of different seeds');
  expect(stderr).toContain('compare.claims.one.expect');
  const late = { ...TINY, strategies, compare: { version: 9 } };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify(late));
  const asked = await branchline(directory, 'plan', 'tiny.json', '--seeds', 'two');
  expect(asked.stderr).toContain("'two' is not a number of seeds");
  const told = await branchline(directory, 'plan', 'tiny.json', '--seeds', '2');
  expect([told.code, told.stderr]).toEqual([2, expect.stringContaining('asks for version 9, but there are 3')]);
});
