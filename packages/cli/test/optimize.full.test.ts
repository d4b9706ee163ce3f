/** What `optimize` writes is what `bench` trains; and the rest of what takes several processes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Optimization } from '@branchline/api';
import { describe, expect, it } from 'vitest';
import { branchline } from './bin.js';
import { searchable } from './optimize.js';

describe('optimize', () => {
  it('writes runs that bench trains as they stand, with a verdict for each claim', async () => {
    const directory = searchable();
    const vary = ['--vary', 'path-switching.alpha=0.25..0.75:0.25', '--law', 'law.json'];
    expect((await branchline(directory, 'optimize', 'exp.json', ...vary, '--out', 'confirm.yaml')).code).toBe(0);
    const trained = await branchline(directory, 'bench', 'confirm.yaml', '--no-report');
    expect([trained.code, trained.stderr]).toEqual([0, expect.not.stringContaining('warning')]);
    expect(trained.stdout).toMatch(/^ {2}(holds|fails|undecided) +switching \(alpha.*below continual/m);
  });

  it('prints JSON at a scale, within a budget, with the seeds of comparisons', async () => {
    const directory = searchable({ training: { batch: 4, lr: { peak: 3e-4 } } });
    const scale = 'model=100M,tokens=24B,versions=2,batch=1M,devices=8xh100,law=multi-power-100m';
    const { code, stdout } = await branchline(
      ...[directory, 'optimize', 'exp.json', '--scale', scale, '--budget', '48usd', '--evaluations', '12'],
      ...['--deviation', '0.01', '--out', 'confirm.json', '--json'],
    );
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Optimization & {
      readonly confirm: { readonly experiment: { readonly seeds: number } };
    };
    expect(found.evaluations).toBeLessThanOrEqual(12);
    expect(found.candidates.every(({ cost }) => cost.money! <= 48)).toBe(true);
    expect(found.leftOut.map(({ kind }) => kind)).toContain('budget');
    expect(found.comparisons.every(({ seeds }) => seeds !== null)).toBe(true);
    expect(JSON.parse(readFileSync(join(directory, 'confirm.json'), 'utf8'))).toEqual(found.confirm.experiment);
  });

  it('writes nothing where bench could not train it', async () => {
    const directory = searchable();
    const place = await branchline(directory, 'optimize', 'exp.json', '--out', 'sub/confirm.txt');
    expect(place.stderr).toContain('--out: sub/confirm.txt is no experiment file to write');
    expect(place.stderr).toContain('--out: sub/confirm.txt is not in the folder of the experiment');
    const missing = await branchline(directory, 'optimize', 'exp.json', '--out', 'confirm.yaml');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('law: is missing')]);
    expect(existsSync(join(directory, 'confirm.yaml'))).toBe(false);
    const noText = searchable({ data: undefined });
    const scale = ['--scale', 'model=100M,tokens=24B,batch=1M,law=multi-power-100m'];
    const needed = await branchline(noText, 'optimize', 'exp.json', ...scale, '--out', 'confirm.yaml');
    expect([needed.code, needed.stderr]).toEqual([2, expect.stringContaining('data')]);
  });
});
