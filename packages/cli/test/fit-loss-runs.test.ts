/** Curves of a run directory: a path has the rates of everything that was trained before it. */
import { join } from 'node:path';
import { bench, continual, fromScratch, pathSwitching, quadratic, stableOnly } from '@branchline/api';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { curvesOfRun } from '../src/fit-loss/run-curves.js';

it('the curves of a run have all rates since the first step, and the losses of their path', async () => {
  const directory = folder();
  writeTexts(directory);
  const run = await bench(
    {
      ...TINY,
      name: 'run',
      trainer: quadratic(),
      training: { batch: 4, lr: { peak: 0.1, warmup: 3, minRatio: 0.1 } },
      strategies: {
        stable: [stableOnly()],
        scratch: [fromScratch()],
        switching: [pathSwitching({ alpha: 0.7 })],
        continual: [continual()],
      },
    },
    { directory, runs: join(directory, 'runs') },
  );
  const curves = await curvesOfRun(run.directory, 1);
  const named = (name: string) => curves.find((curve) => curve.name === `${run.directory}: ${name}`)!;
  const stable = named('stable, version 3 main');
  expect(stable.rates).toHaveLength(48);
  expect([...stable.rates.slice(0, 4)]).toEqual(
    [0.1 / 3, 0.2 / 3, 0.1, 0.1].map((rate) => expect.closeTo(rate, 12) as number),
  );
  expect(new Set(stable.rates.slice(3))).toEqual(new Set([0.1]));
  // Its losses are those of its own version.
  expect(Math.min(...stable.steps)).toBe(32);
  expect(stable.steps).toHaveLength(16);
  const branch = named('switching, version 2 branch');
  expect(branch.rates.at(-1)).toBeCloseTo(0.01, 12);
  expect(branch.rates[15]).toBe(0.1);
  const cosine = named('scratch, version 3 main');
  expect(cosine.rates.at(-1)).toBeCloseTo(0.01, 12);
  expect(cosine.steps).toHaveLength(47);
});

it('a run that has too few losses is refused', async () => {
  const directory = folder();
  writeTexts(directory);
  const trainer = quadratic();
  const training = { batch: 64, lr: { peak: 0.1, warmup: 0 } };
  const experiment = { ...TINY, name: 'short', trainer, training, strategies: { scratch: [fromScratch()] } };
  const run = await bench(experiment, { directory, runs: join(directory, 'runs') });
  await expect(curvesOfRun(run.directory)).rejects.toThrow('no path has 10 or more training losses');
});
