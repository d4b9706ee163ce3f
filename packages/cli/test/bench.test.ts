import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import type { Results } from '@branchline/evaluation';
import { parseResults } from '@branchline/report';
import { describe, expect, inject, it } from 'vitest';
import { branchline, start } from './bin.js';

const STRATEGIES = {
  'from scratch': ['from-scratch'],
  'path switching': [{ plugin: 'path-switching', options: { alpha: 0.5 } }],
  averaging: [
    { plugin: 'path-switching', options: { alpha: 0 } },
    { plugin: 'model-averaging', options: { last: 3 } },
  ],
};

function experiment(more: object = {}): string {
  const directory = folder();
  writeTexts(directory);
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies: STRATEGIES, ...more }));
  return directory;
}

const resultsIn = (directory: string, runs = 'runs'): Results =>
  parseResults(JSON.parse(readFileSync(join(directory, runs, 'tiny', 'results.json'), 'utf8')));
const digests = (results: Results) =>
  results.strategies.map(({ name, releases }) => [name, ...releases.map(({ weightsDigest }) => weightsDigest)]);

describe('bench', () => {
  it('trains, compares, and trains nothing the second time', async () => {
    const directory = experiment();
    const first = await branchline(directory, 'bench', 'tiny.json');
    expect(first.stderr).toContain('released averaging, version 3: loss ');
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/from scratch \(baseline\) +1\.00 .*\n/);
    expect(first.stdout).toContain('sharing saved');
    expect(first.stdout).toMatch(/report +runs\/tiny\/report\.html/);
    expect(readdirSync(join(directory, 'runs', 'tiny')).sort()).toEqual(
      expect.arrayContaining(['checkpoints', 'ledger.jsonl', 'report.html', 'results.json']),
    );
    const results = resultsIn(directory);
    const ratios = results.strategies.map(({ name, cost }) => [name, cost.ratioToBaseline]);
    expect(ratios).toEqual([
      ['from scratch', 1],
      // 2 x 16 steps of the main path, half an increment before the last branch, and three branches of 8.
      ['path switching', 64 / 96],
      ['averaging', 48 / 96],
    ]);

    const ledger = readFileSync(join(directory, 'runs', 'tiny', 'ledger.jsonl'), 'utf8');
    const second = await branchline(directory, 'bench', 'tiny.json', '--json');
    expect(second.stderr).toContain('nothing to train: all is stored');
    expect(readFileSync(join(directory, 'runs', 'tiny', 'ledger.jsonl'), 'utf8')).toBe(ledger);
    expect(JSON.parse(second.stdout)).toMatchObject({ baseline: 'from scratch', failures: [] });
    expect(digests(resultsIn(directory))).toEqual(digests(results));

    const one = await branchline(directory, 'run', 'tiny.json', '--strategy', 'averaging');
    expect(one.stderr).toContain('nothing to train: all is stored');
    expect(one.stdout).not.toContain('path switching');

    const report = await branchline(directory, 'report', 'runs/tiny', '--out', 'other.html');
    expect([report.code, report.stdout]).toEqual([0, 'other.html\n']);
    expect(readFileSync(join(directory, 'other.html'), 'utf8')).toContain('averaging');

    const bill = await branchline(directory, 'ledger', 'runs/tiny');
    expect(bill.stdout).toMatch(/entries, unaltered: .* tokens in \d+ steps/);
    const entries = JSON.parse((await branchline(directory, 'ledger', 'runs/tiny', '--json')).stdout) as object;
    expect(entries).toMatchObject({ verified: true, total: { steps: results.actual.steps } });

    writeFileSync(join(directory, 'runs', 'tiny', 'ledger.jsonl'), ledger.replace('"steps":', '"steps":1'));
    const damaged = await branchline(directory, 'ledger', 'runs/tiny');
    expect([damaged.code, damaged.stdout]).toEqual([5, '']);
    expect(damaged.stderr).toContain('line 1: was altered');
  });

  it('needs no file', async () => {
    const directory = folder();
    writeTexts(directory);
    const strategies = 'continual, path-switching(alpha=0.5) + model-averaging(last=2)';
    const { code, stdout } = await branchline(directory, 'bench', '--data', 'texts', '--strategies', strategies);
    expect(code).toBe(0);
    // A table in a pipe has 100 columns, so a long name loses its middle.
    expect(stdout).toMatch(/path-switching\(alpha.*last=2\)/);
    expect(stdout).toContain('runs/texts/results.json');
  });

  it.runIf(inject('full'))(
    'ends in the same bits after kill -9 and after Ctrl-C',
    async () => {
      const directory = experiment({
        data: { ...TINY.data, versions: { by: 'random', count: 3, tokens: 24_000 } },
        checkpointEvery: 10,
      });
      writeTexts(directory, 240);
      const undisturbed = await branchline(directory, 'bench', 'tiny.json', '--runs', 'undisturbed', '--no-report');
      expect(undisturbed.code).toBe(0);

      const killed = start(directory, 'bench', 'tiny.json', '--no-report');
      await killed.says('released from scratch, version 1');
      killed.child.kill('SIGKILL');
      expect((await killed.ended).signal).toBe('SIGKILL');

      const stopped = start(directory, 'bench', 'tiny.json', '--no-report');
      await stopped.says('steps in');
      stopped.child.kill('SIGINT');
      const { code, stderr } = await stopped.ended;
      expect(stderr).toContain('To continue: ');
      expect(stderr).toContain('branchline bench tiny.json --no-report');
      expect(code).toBe(130);

      const last = await branchline(directory, 'bench', 'tiny.json', '--no-report');
      expect(last.code).toBe(0);
      expect(digests(resultsIn(directory))).toEqual(digests(resultsIn(directory, 'undisturbed')));
    },
    120_000,
  );
});

describe('a run directory that was modified', () => {
  it('names a results.json that cannot be used', async () => {
    const directory = folder();
    const run = join(directory, 'runs', 'x');
    mkdirSync(join(run, 'results.json'), { recursive: true });
    const unreadable = await branchline(directory, 'report', 'runs/x');
    expect(unreadable.stderr).toContain('runs/x/results.json cannot be read');
    rmdirSync(join(run, 'results.json'));
    writeFileSync(join(run, 'results.json'), '[]');
    const wrong = await branchline(directory, 'report', 'runs/x');
    expect(wrong.stderr).toContain('runs/x/results.json has 1 problem');
    expect([unreadable.code, wrong.code]).toEqual([5, 5]);
  });

  it.runIf(inject('full'))('does not take its own runs for text when they lie within the text', async () => {
    const directory = folder();
    writeTexts(directory);
    const bench = ['bench', '--data', '.', '!texts/5*.txt', '--strategies', 'continual', '--no-report'];
    expect((await branchline(directory, ...bench)).code).toBe(0);
    const second = await branchline(directory, ...bench);
    expect(second.stderr).toContain('nothing to train: all is stored');
    expect(second.code).toBe(0);
  });
});
