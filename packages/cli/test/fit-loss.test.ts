/** `fit-loss` on curves that a law made, and the law that it writes in an experiment. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { lawSchema, PUBLISHED_LAWS, predictCurve } from '@branchline/trainer-simulated';
import { describe, expect, it } from 'vitest';
import { branchline, start } from './bin.js';

const STEPS = 4000;
const SCHEDULES: Readonly<Record<string, (share: number) => number>> = {
  constant: () => 3e-4,
  cosine: (r) => 3e-5 + 2.7e-4 * 0.5 * (1 + Math.cos(Math.PI * r)),
  decay: (r) => (r < 0.8 ? 3e-4 : 1.5e-3 * (1 - r)),
};

/** Writes three curves of the published law, a row every 50 steps. */
function writeCurves(directory: string): void {
  const law = PUBLISHED_LAWS.get('multi-power-100m')!;
  for (const [name, of] of Object.entries(SCHEDULES)) {
    const rates = Float64Array.from({ length: STEPS }, (_, i) =>
      i < 100 ? (3e-4 * (i + 1)) / 101 : of((i - 100) / (STEPS - 100)),
    );
    const steps = Array.from({ length: 70 }, (_, i) => 500 + 50 * i);
    const losses = predictCurve(law, rates, steps);
    const rows = steps.map((step, i) => `${step},${rates[Math.min(step, STEPS - 1)]},${losses[i]}`);
    writeFileSync(join(directory, `${name}.csv`), ['step,lr,loss', ...rows].join('\n'));
  }
}

describe('fit-loss', () => {
  it('fits, predicts the other curves, and writes a law that an experiment takes', async () => {
    const directory = folder();
    writeCurves(directory);
    const files = Object.keys(SCHEDULES).map((name) => `${name}.csv`);
    const fit = ['fit-loss', ...files, '--fit', 'constant,cosine.csv', '--warmup', '100', '--law', 'multi-power'];
    const { code, stdout, stderr } = await branchline(directory, ...fit, '--out', 'law.json');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^multi-power {2}L0 [\d.]+ {2}A [\d.]+/);
    expect(stdout).toMatch(/constant\.csv +fitted +70/);
    expect(stdout).toMatch(/decay\.csv +predicted +70/);
    expect(stdout).toContain("wrote law.json; to predict with it: trainer: simulated({ law: 'law.json' })");
    const law = lawSchema.parse(JSON.parse(readFileSync(join(directory, 'law.json'), 'utf8')));
    expect(law.fitted.errors.max).toBeLessThan(0.002);
    expect(law.fitted.heldOut!.max).toBeLessThan(0.005);

    writeTexts(directory);
    const training = { batch: 4, lr: { peak: 3e-4, warmup: 3 } };
    const trainer = { trainer: 'simulated', options: { law: './law.json' } };
    const experiment = { ...TINY, training, trainer, strategies: { scratch: ['from-scratch'] } };
    writeFileSync(join(directory, 'tiny.json'), JSON.stringify(experiment));
    const planned = await branchline(directory, 'plan', 'tiny.json');
    expect(planned.stdout).toMatch(/^losses +predicted by the law multi-power, not measured: .* within ±[\d.]+%$/m);
    const run = await branchline(directory, 'bench', 'tiny.json');
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/Losses are predicted by the law multi-power, not measured: .* within ±[\d.]+%\./);
    // Nothing can be learned from predictions.
    const again = await branchline(directory, 'fit-loss', 'runs/tiny');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('its losses are predicted by the law multi-power');
  });

  it('prints JSON', async () => {
    const directory = folder();
    writeCurves(directory);
    const { stdout } = await branchline(directory, 'fit-loss', 'constant.csv', 'cosine.csv', '--json');
    const { law, curves } = JSON.parse(stdout) as { law: unknown; curves: readonly object[] };
    expect(lawSchema.parse(law).form).toBe('sublinear-annealing');
    expect(curves).toMatchObject([
      { name: 'constant.csv', fitted: true, points: 70 },
      { name: 'cosine.csv', fitted: true, points: 70 },
    ]);
  });

  it('reports all problems of all files at once, and writes nothing', async () => {
    const directory = folder();
    writeCurves(directory);
    writeFileSync(join(directory, 'empty.csv'), '');
    writeFileSync(join(directory, 'wrong.csv'), 'step,lr,loss\n1,x,3\n1,0.1,NaN\n');
    writeFileSync(join(directory, 'other.csv'), 'iteration,rate\n1,2\n');
    const files = ['constant.csv', 'empty.csv', 'wrong.csv', 'other.csv', 'none.csv'];
    const { code, stderr } = await branchline(
      directory,
      'fit-loss',
      ...files,
      '--fit',
      'constnat',
      '--out',
      'law.json',
    );
    expect(code).toBe(2);
    for (const problem of [
      'empty.csv is empty',
      'wrong.csv, line 2: lr "x" is not a rate',
      'wrong.csv, line 3: step 1 comes after step 1: steps must ascend',
      'wrong.csv, line 3: loss "NaN" is not a loss',
      'other.csv, line 1: has no column "step": its columns are iteration, rate',
      'none.csv cannot be read: ENOENT',
      '--fit: no curve is called "constnat"',
    ])
      expect(stderr).toContain(problem);
    expect(existsSync(join(directory, 'law.json'))).toBe(false);
  });

  it('leaves no file when it is interrupted', async () => {
    const directory = folder();
    writeCurves(directory);
    const before = readdirSync(directory);
    const { child, ended } = start(directory, 'fit-loss', 'constant.csv', 'cosine.csv', '--out', 'law.json');
    child.kill('SIGINT');
    expect((await ended).signal).toBe('SIGINT');
    expect(readdirSync(directory)).toEqual(before);
  });

  it('has help with examples', async () => {
    const { stdout } = await branchline(folder(), 'fit-loss', '--help');
    expect(stdout).toContain('branchline fit-loss curves/*.csv --fit');
  });
});
