/** Experiments on the simulated trainer: any strategy without averages, with losses that are marked as predicted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { PUBLISHED_LAWS } from '@branchline/trainer-simulated';
import { describe, expect, it } from 'vitest';
import { bench, continual, fromScratch, lawa, pathSwitching, plan, report, simulated } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const place = () => {
  const directory = folder();
  writeTexts(directory);
  return { directory, runs: join(directory, 'runs') };
};
const EXPERIMENT = {
  ...TINY,
  name: 'tiny',
  training: { batch: 4, lr: { peak: 3e-4, warmup: 3 } },
  strategies: { scratch: [fromScratch()], continual: [continual()], switching: [pathSwitching()] },
};
const PUBLISHED = { law: 'multi-power-100m' };
const AVERAGES = { scratch: [fromScratch()], averaged: [lawa({ last: 2 })] };

describe('the simulated trainer', () => {
  it('runs strategies without a change, and repeats bit for bit', async () => {
    const trainer = simulated(PUBLISHED);
    const [first, second] = [
      await bench({ ...EXPERIMENT, trainer }, place()),
      await bench({ ...EXPERIMENT, trainer }, place()),
    ];
    const losses = ({ results }: typeof first) =>
      results.strategies.map(({ name, releases }) => [name, ...releases.map(({ loss }) => loss)]);
    expect(losses(first)).toEqual(losses(second));
    for (const [, ...own] of losses(first)) {
      expect(own).toHaveLength(3);
      for (const loss of own) expect(loss).toBeGreaterThan(0);
    }
    expect(first.failures).toEqual([]);
  });

  it('marks losses as predicted, in the results, the report and the plan', async () => {
    const options = place();
    const experiment = { ...EXPERIMENT, trainer: simulated(PUBLISHED) };
    const predicted = { law: 'multi-power-100m', interval: 0.0044 };
    expect((await plan(experiment, options)).predicted).toEqual(predicted);
    const run = await bench(experiment, options);
    expect(run.results.trainer.predicted).toEqual(predicted);
    const out = join(options.directory, 'report.html');
    await report(run, { out });
    expect(readFileSync(out, 'utf8')).toContain('Predicted losses, ±0.44%.');
    // Results in a file have it too, and are read again.
    await report(run.directory, { out });
    expect(readFileSync(out, 'utf8')).toContain('multi-power-100m');
  });

  it('is named in YAML and JSON, with a law next to the experiment file', async () => {
    const options = place();
    const law = { ...PUBLISHED_LAWS.get('multi-power-25m')!, name: 'my own' };
    writeFileSync(join(options.directory, 'law.json'), JSON.stringify(law));
    writeFileSync(
      join(options.directory, 'a.json'),
      JSON.stringify({
        ...{ ...EXPERIMENT, strategies: { scratch: ['from-scratch'] } },
        trainer: { trainer: 'simulated', options: { law: './law.json' } },
      }),
    );
    const { results } = await bench(join(options.directory, 'a.json'), { runs: options.runs });
    expect(results.trainer.predicted?.law).toBe('my own');
  });

  it('refuses averages before anything is trained: no law covers them', async () => {
    const options = place();
    const experiment = { ...EXPERIMENT, strategies: AVERAGES, trainer: simulated(PUBLISHED) };
    const { failures, strategies } = await plan(experiment, options);
    expect(failures).toMatchObject([{ strategies: ['averaged'] }]);
    expect(failures[0]!.message).toContain('the trainer cannot average');
    expect(strategies.map(({ name }) => name)).toEqual(['scratch']);
    let steps = 0;
    const onEvent = ({ type }: { readonly type: string }) => void (type === 'step' && steps++);
    const error: unknown = await bench(experiment, { ...options, onEvent }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BranchlineError);
    expect((error as BranchlineError).message).toContain('releases an average of checkpoints');
    expect(steps).toBe(0);
    // The other strategies can be simulated anyway.
    const run = await bench(experiment, { ...options, startAnyway: true });
    expect(run.results.strategies.map(({ name }) => name)).toEqual(['scratch']);
  });

  it('refuses several seeds, which would differ in nothing', async () => {
    const experiment = { ...EXPERIMENT, seeds: 3, trainer: simulated(PUBLISHED) };
    await expect(plan(experiment, place())).rejects.toThrow('predicts the same losses under every seed');
  });

  it.each([
    [{}, 'trainer.options.law'],
    [{ law: 'multi-power-100' }, 'no law is called "multi-power-100"'],
    [{ law: { form: 'annealing' } }, 'is not a loss law: constants'],
    [{ law: './none.json' }, 'none.json does not exist. Write one: branchline fit-loss'],
  ])('%j is refused before training', async (options, message) => {
    const trainer = { trainer: 'simulated', options };
    await expect(bench({ ...EXPERIMENT, trainer }, place())).rejects.toThrow(message);
    await expect(plan({ ...EXPERIMENT, trainer }, place())).rejects.toThrow(message);
  });
});
