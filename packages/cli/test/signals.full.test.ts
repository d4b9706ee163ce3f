/** Signals that stop a run, sent to the real command line. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { describe, expect, it } from 'vitest';
import { start } from './bin.js';

/** An experiment that trains for much longer than the test takes. */
function longExperiment(): string {
  const directory = folder();
  writeTexts(directory, 240);
  const versions = { by: 'random', count: 3, tokens: 24_000 };
  const config = {
    ...TINY,
    data: { ...TINY.data, versions },
    seeds: 200,
    strategies: { 'from scratch': ['from-scratch'] },
  };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify(config));
  return directory;
}

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it('stops a run after its step, whichever it is, and the same command continues', async () => {
    const directory = longExperiment();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) {
      const run = start(directory, 'bench', 'tiny.json', '--no-report');
      await run.says('steps in');
      run.child.kill(signal);
      const { code, signal: died, stderr } = await run.ended;
      expect([code, died], `${signal}: ${stderr}`).toEqual([130, null]);
      expect(stderr).toContain('Stopping after this step.');
      expect(stderr).toContain('branchline bench tiny.json --no-report');
      expect(stderr).not.toContain('Debugger');
    }
  });

  it('ends the process if it is the second, and frees the lock', async () => {
    const directory = longExperiment();
    const run = start(directory, 'bench', 'tiny.json', '--no-report');
    await run.says('steps in');
    // Suspended, so that it finds both.
    run.child.kill('SIGSTOP');
    run.child.kill('SIGTERM');
    run.child.kill('SIGUSR1');
    run.child.kill('SIGCONT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).not.toContain('To continue');
    expect(existsSync(join(directory, 'runs', 'tiny', '.lock'))).toBe(false);
  });

  it('ends a command that is still loading, and starts no debugger', async () => {
    const directory = folder();
    writeFileSync(
      join(directory, 'slow.config.mjs'),
      'process.stderr.write("loading\\n"); await new Promise(() => setInterval(() => {}, 1000));',
    );
    const plan = start(directory, 'plan', 'slow.config.mjs');
    await plan.says('loading');
    plan.child.kill('SIGUSR1');
    const { signal, stderr } = await plan.ended;
    expect([signal, stderr]).toEqual(['SIGINT', 'loading\n']);
  });
});
