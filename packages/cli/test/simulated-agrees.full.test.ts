/**
 * The simulated trainer against the embedded one: a law that is fitted to two short real runs predicts a third one with
 * another schedule. Nothing is skipped: this takes seconds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, fromScratch, type Results, simulated, stableOnly, tfjs } from '@branchline/api';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { fitLaw } from '@branchline/trainer-simulated';
import { expect, it } from 'vitest';
import { curvesOfRun } from '../src/fit-loss/run-curves.js';

/** Largest relative error of the mean loss of the last tenth of a run; 0.7% was measured on the third one. */
const TOLERANCE = 0.015;

/** Text of a Markov chain, in which there is something to learn for hundreds of steps. */
function writeTexts(directory: string): void {
  const random = new RandomStream(1, 'chain');
  mkdirSync(join(directory, 'texts'));
  const follow = Array.from({ length: 26 }, () => Array.from({ length: 4 }, () => random.below(26)));
  for (let file = 0; file < 160; file++) {
    let letter = random.below(26);
    let text = '';
    for (let at = 0; at < 1200; at++) {
      text += String.fromCharCode(97 + letter);
      letter = follow[letter]![Math.min(3, random.below(7))]!;
    }
    writeFileSync(join(directory, 'texts', `${file}.txt`), `${text}\n`);
  }
}

const STEPS = 1000;
const EXPERIMENT = {
  model: { layers: 1, width: 32, heads: 2, context: 32 },
  data: { sources: ['texts'], versions: { by: 'random' as const, count: 1, tokens: 128 * STEPS }, heldOut: 0.05 },
  training: { batch: 4, lr: { peak: 4e-3, warmup: 50, minRatio: 0.1 } },
  strategies: {
    constant: [stableOnly()],
    cosine: [fromScratch({ schedule: 'cosine' })],
    'late decay': [fromScratch({ schedule: { kind: 'stable-decay', decay: 0.4, curve: 'linear' } })],
  },
};

/** Mean training loss of the last tenth of a strategy. */
function lastLoss({ strategies }: Results, name: string): number {
  const [path] = strategies.find((strategy) => strategy.name === name)!.paths;
  const last = path!.loss.filter(([position]) => position > 0.9 * STEPS).map(([, loss]) => loss);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

it('a law fitted to two real runs predicts a third schedule', async () => {
  const directory = folder();
  writeTexts(directory);
  const options = { directory, runs: join(directory, 'runs') };
  const real = await bench({ ...EXPERIMENT, name: 'real', trainer: tfjs() }, options);
  const curves = await curvesOfRun(real.directory, 300);
  const fitted = curves.filter(({ name }) => !name.includes('late decay'));
  const heldOut = curves.filter(({ name }) => name.includes('late decay'));
  expect([fitted.length, heldOut.length]).toEqual([2, 1]);
  const law = fitLaw(fitted, { heldOut });
  const trained = bench({ ...EXPERIMENT, name: 'simulated', trainer: simulated({ law }) }, options);
  const predicted = (await trained).results;
  for (const name of Object.keys(EXPERIMENT.strategies)) {
    const [was, is] = [lastLoss(real.results, name), lastLoss(predicted, name)];
    process.stdout.write(`${name}: ${was.toFixed(4)} trained, ${is.toFixed(4)} predicted\n`);
    expect(Math.abs(is / was - 1)).toBeLessThan(TOLERANCE);
  }
  // The decay is worth something, and both trainers say so.
  expect(lastLoss(real.results, 'late decay')).toBeLessThan(lastLoss(real.results, 'constant'));
  expect(lastLoss(predicted, 'late decay')).toBeLessThan(lastLoss(predicted, 'constant'));
});
