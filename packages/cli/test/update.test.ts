/** Next month's data: `update` trains exactly what is new, and refuses text of earlier versions that changed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredWork } from '@branchline/api';
import { TINY } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { branchline } from './bin.js';

const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');

/** Writes a month of texts. */
function writeMonth(directory: string, month: string, change = ''): void {
  const random = new RandomStream(1, month);
  const line = () => Array.from({ length: 4 + random.below(8) }, () => WORDS[random.below(WORDS.length)]).join(' ');
  const rows = Array.from({ length: 60 }, (_, index) => ({
    text: `${month} ${index}${change}\n${Array.from({ length: 12 }, line).join('\n')}\n`,
    month,
  }));
  mkdirSync(join(directory, 'web'), { recursive: true });
  writeFileSync(join(directory, 'web', `${month}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

const EXPERIMENT = {
  ...TINY,
  // Versions of 16 steps.
  data: { sources: [{ files: 'web/*.jsonl', versionField: 'month' }], versions: { by: 'field', tokens: 2048 } },
  strategies: {
    scratch: ['from-scratch'],
    switching: ['path-switching'],
    averaged: [{ plugin: 'path-switching', options: { alpha: 0 } }, 'model-averaging'],
  },
};

const ledgerSteps = (directory: string) =>
  readFileSync(join(directory, 'runs/web/ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; steps: number })
    .reduce((sum, { kind, steps }) => sum + (kind === 'train' ? steps : 0), 0);

describe('next month', () => {
  const directory = mkdtempSync(join(tmpdir(), 'branchline-update-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const update = (...args: string[]) => branchline(directory, 'update', 'web.json', '--no-report', ...args);

  beforeAll(async () => {
    for (const month of ['2026-08', '2026-09']) writeMonth(directory, month);
    writeFileSync(join(directory, 'web.json'), JSON.stringify({ name: 'web', ...EXPERIMENT }));
    const first = await update();
    expect([first.code, first.stderr]).toEqual([0, expect.any(String)]);
  });

  it('trains what is new, shows the releases before and after, and then has nothing to do', async () => {
    const before = ledgerSteps(directory);
    writeMonth(directory, '2026-10');
    const dry = await update('--dry-run', '--json');
    expect(dry.code).toBe(0);
    const { stored } = JSON.parse(dry.stdout) as { stored: StoredWork };
    expect(stored.versions).toEqual({ arrived: ['2026-10'], changed: [], gone: [] });
    // From scratch 48; the end of the second main path is stored for the averages; 16 of main path, a branch of 10.
    expect(stored.steps).toEqual({ stored: before, missing: 48 + 16 + 10 });
    expect(stored.why.every(({ version, difference }) => version === 3 && difference.what === 'new')).toBe(true);
    expect(ledgerSteps(directory)).toBe(before);

    const { code, stdout } = await update();
    expect(code).toBe(0);
    expect(stdout).toMatch(/arrived {2}2026-10\n/);
    expect(stdout).toContain(`reused   6 of 9 releases, ${before} of ${before + 74} steps`);
    expect(stdout).toMatch(/strategy +release +on 2026-08 +on 2026-09 +on 2026-10\n/);
    expect(stdout).toMatch(/switching +2026-09( +\d\.\d{4}){3}\n +2026-10( +\d\.\d{4}){3}\n/);
    expect(ledgerSteps(directory)).toBe(before + 74);

    const again = await update();
    expect(again.stdout).toContain('missing  nothing');
    expect(ledgerSteps(directory)).toBe(before + 74);
  });

  it.runIf(inject('full'))(
    'refuses text of an earlier version that changed, names the first state, and trains it when told to',
    async () => {
      writeMonth(directory, '2026-09', ' corrected');
      const dry = await update('--dry-run');
      expect([dry.code, dry.stderr]).toEqual([
        2,
        expect.stringContaining('update would refuse this: data: the text of'),
      ]);
      expect(dry.stderr).toContain('--accept-changes');
      const refused = await update();
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(
        /the text of 2026-09 is not that of the last plan; the first state that it affects is/,
      );
      expect(refused.stderr).toContain('--accept-changes');
      const steps = ledgerSteps(directory);
      const why = await branchline(directory, 'plan', 'web.json', '--why');
      expect(why.stdout).toMatch(/changed {2}2026-09: other text/);
      expect(why.stdout).toMatch(/why {6}data in steps \d+ to \d+: text of 2026-09 changed: 2026-09/);
      expect(ledgerSteps(directory)).toBe(steps);
      const accepted = await update('--accept-changes');
      expect([accepted.code, accepted.stderr]).toEqual([0, expect.any(String)]);
      expect(ledgerSteps(directory)).toBeGreaterThan(steps);
    },
  );
});
