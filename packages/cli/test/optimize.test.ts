/** `optimize` in a process of its own: text, JSON, the runs that confirm it, errors and Ctrl-C. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { describe, expect, it } from 'vitest';
import { branchline, start } from './bin.js';
import { searchable } from './optimize.js';

describe('optimize', () => {
  it('prints fronts, and writes the runs that confirm them', async () => {
    const directory = searchable();
    const vary = ['--vary', 'path-switching.alpha=0.25..0.75:0.25', '--law', 'law.json'];
    const found = await branchline(directory, 'optimize', 'exp.json', ...vary, '--out', 'confirm.yaml');
    expect(found.code).toBe(0);
    expect(found.stderr).toContain('9 candidates to plan and predict\n  continual: as it is\n');
    expect(found.stderr).toContain('  switching: all 3 combinations of path-switching.alpha 0.25 to 0.75 (3 values)');
    expect(found.stdout).toMatch(/^losses +predicted by the law short, not measured: .* within ±0\.44%$/m);
    expect(found.stdout).toMatch(/^ {2}continual +1\.00 +48 .* 1 +c$/m);
    expect(found.stdout).toMatch(/^ {2}switching +alpha 0\.25 +1\.17 +56 /m);
    expect(found.stdout).toMatch(/^ {2}average +\d +not covered +averages of checkpoints$/m);
    expect(found.stdout).toMatch(
      /^wrote confirm\.yaml: \d strategies under 5 seeds, with a claim for each comparison$/m,
    );
    expect(found.stdout).toContain('branchline bench confirm.yaml');
    const written = readFileSync(join(directory, 'confirm.yaml'), 'utf8');
    expect(written).toContain('# Losses were predicted by the law short for this model and text.');
    expect(written).not.toContain('simulated');
  });

  it('reports every problem before it searches', async () => {
    const directory = searchable();
    const wrong = ['--vary', 'alpha=1..2', '--vary', 'path-switching.alpha=0.1...', '--vary', 'continual.minRatio=1,'];
    const { code, stderr } = await branchline(directory, 'optimize', 'exp.json', ...wrong);
    expect(code).toBe(2);
    expect(stderr).toContain('--vary alpha=1..2: names no option of a plugin');
    expect(stderr).toContain('--vary path-switching.alpha=0.1...: "0.1..." is no range');
    expect(stderr).toContain('--vary continual.minRatio=1,: "1," is no range');
  });

  it('prints the front so far after Ctrl-C', async () => {
    const directory = searchable();
    const args = ['optimize', 'exp.json', '--law', 'law.json', '--evaluations', '100000', '--out', 'confirm.yaml'];
    const started = start(directory, ...args);
    await started.says('candidates: ');
    started.child.kill('SIGINT');
    const { code, stdout } = await started.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('Interrupted: these are the fronts so far.');
    expect(stdout).toContain('Front of cost and loss of the last release');
    expect(existsSync(join(directory, 'confirm.yaml'))).toBe(false);
  });

  it('has help with examples', async () => {
    const { stdout } = await branchline(folder(), 'optimize', '--help');
    expect(stdout).toContain('branchline optimize exp.yaml --law law.json');
  });
});
