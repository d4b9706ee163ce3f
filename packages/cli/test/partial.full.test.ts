/** What can be done with a run that stopped before its end, on the real command line. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { describe, expect, it } from 'vitest';
import { branchline, start } from './bin.js';

/** Starts an experiment that trains for much longer than the test takes, and waits for its first release. */
async function begun() {
  const directory = folder();
  writeTexts(directory, 240);
  const versions = { by: 'random', count: 3, tokens: 24_000 };
  const strategies = { 'from scratch': ['from-scratch'] };
  // One lane, which trains version 1 first.
  const config = { ...TINY, data: { ...TINY.data, versions }, seeds: 200, lanes: 1, strategies };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify(config));
  const run = start(directory, 'bench', 'tiny.json');
  const results = join(directory, 'runs', 'tiny', 'results.json');
  for (let tries = 0; tries < 500 && !existsSync(results); tries++) await wait(100);
  return { directory, run };
}

describe.skipIf(process.platform === 'win32')('a run that stopped', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('by %s has a report and exports of what was released', async (signal) => {
    const { directory, run } = await begun();
    run.child.kill(signal);
    const { code } = await run.ended;
    expect(code).toBe(signal === 'SIGINT' ? 130 : null);

    const report = await branchline(directory, 'report', 'runs/tiny');
    expect([report.code, report.stderr]).toEqual([0, '']);
    expect(readFileSync(join(directory, 'runs', 'tiny', 'report.html'), 'utf8')).toMatch(
      /Partial: \d+ of 600 releases/,
    );

    const wanted = ['store', 'export', 'runs/tiny', 'from scratch'];
    const out = await branchline(directory, ...wanted, '1', '--out', 'out');
    expect([out.code, out.stderr]).toEqual([0, '']);
    expect(existsSync(join(directory, 'out', 'model.safetensors'))).toBe(true);

    const missing = await branchline(directory, ...wanted, '--seed', '200', '--out', 'none');
    expect(missing.code).toBe(5);
    expect(missing.stderr).toMatch(/has not released a version yet: the run is not finished \(\d+ of 600 releases\)/);
    expect(missing.stderr).toContain('branchline bench tiny.json');
  });
});
