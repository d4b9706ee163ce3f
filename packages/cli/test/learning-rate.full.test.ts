/** `branchline lr` as a process: a grid with the quadratic trainer, from the plan to a strategy that uses the law. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RateGridRun } from '@branchline/api';
import { folder, writeTexts } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { branchline } from './bin.js';

const EXPERIMENT = `
model: { layers: 1, width: 8, heads: 1, context: 32 }
data: { sources: [texts], versions: { by: random, count: 1 }, heldOut: 0.05 }
training: { batch: 4, lr: { peak: 0.24, warmup: 3 } }
trainer: { trainer: quadratic, options: { condition: 30, drift: 0, variance: { clean: 4, corrupt: 4 } } }
strategies:
  fitted:
    - { plugin: from-scratch, options: { schedule: { kind: stable-decay, decay: 0.25 } } }
    - { plugin: learning-rate, options: { fit: ./fit.json, extrapolate: true } }
`;

const GRID = ['--rates', '0.06,0.12,0.24,0.48,0.96', '--horizons', '40,80', '--sizes', '8x1,16x1', '--seeds', '2'];

it('fits a law in a process, prints it, and costs nothing again', async () => {
  const directory = folder();
  writeTexts(directory, 40);
  writeFileSync(join(directory, 'exp.yaml'), EXPERIMENT);
  const lr = (...args: readonly string[]) => branchline(directory, 'lr', 'fit', 'exp.yaml', ...GRID, ...args);

  const planned = await lr('--plan');
  expect(planned.stdout).toContain('horizons 40, 80 steps, of which 20% decay');
  // Two sizes, two seeds, five rates: 120 steps alone; together 64 stable ones, 8 and 16 of decay.
  expect(planned.stdout).toContain('every run alone, O(n³): 2,400 steps');
  expect(planned.stdout).toContain('one stable run for all horizons, O(n · C_D · C_rate): 1,760 steps');
  expect(existsSync(join(directory, 'runs'))).toBe(false);

  const fitted = await lr('--out', 'fit.json', '--for', 'model=16x1,tokens=8k', '--for', 'parameters=1e6,tokens=1M');
  expect(fitted.code).toBe(0);
  for (const part of ['Losses on held-out text, 2 seeds', 'Best rate, from a quadratic', 'rate = ', 'all of it now']) {
    expect(fitted.stdout).toContain(part);
  }
  expect(fitted.stdout).toMatch(/model=16x1,tokens=8k +\S+ +\[/);
  expect(fitted.stdout).toMatch(/parameters=1e6,tokens=1M .*extrapolated: 1M parameters are/);

  const again = await lr('--json');
  const run = JSON.parse(again.stdout) as RateGridRun;
  expect(run.cost.added).toMatchObject({ steps: 0, tokens: 0 });
  const stored = JSON.parse(readFileSync(join(directory, 'fit.json'), 'utf8')) as RateGridRun;
  expect(stored.fit).toEqual(run.fit);

  const used = await branchline(directory, 'plan', 'exp.yaml', '--explain');
  expect(used.stderr).toContain('the peak of version 1 is extrapolated');
  expect(used.stdout).toMatch(/lr\.peak +\S+ +learning-rate, strategies\.fitted\[1\]/);
}, 120_000);

it('reports all mistakes of grid, experiment and predictions at once', async () => {
  const directory = folder();
  writeTexts(directory, 5);
  writeFileSync(join(directory, 'exp.yaml'), EXPERIMENT.replace('batch: 4', 'batch: 0'));
  const args = ['--rates', '1,2', '--horizons', '20,x', '--sizes', '8y1', '--for', 'model=8'];
  const { code, stdout, stderr } = await branchline(directory, 'lr', 'fit', 'exp.yaml', ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const place of ['training.batch:', '--rates:', '--horizons[1]:', '--sizes[0]:', '--for model=8:']) {
    expect(stderr).toContain(` ${place}`);
  }
  expect(stderr).toContain("'8y1' is not a size: { width: 64, layers: 2 }, on the command line 64x2");
});

it('lists the published laws, and names a misspelt subcommand', async () => {
  const directory = folder();
  const { stdout } = await branchline(directory, 'lr', 'laws', '--json');
  expect(Object.keys(JSON.parse(stdout) as object)).toContain('paper-c');
  const { code, stderr } = await branchline(directory, 'lr', 'fits');
  expect(code).toBe(2);
  expect(stderr).toMatch(/there is no command "lr fits"\s+Did you mean "fit"\?/);
});
