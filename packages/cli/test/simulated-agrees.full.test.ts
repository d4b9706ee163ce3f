/**
 * The simulated trainer against the embedded one: a law that is fitted to two short real runs predicts a third one with
 * another schedule. Nothing is skipped: this takes seconds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, fromScratch, type Results, simulated, stableOnly, tfjs } from '@branchline/api';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { type Formula, fitLaw, predictCurve } from '@branchline/trainer-simulated';
import { expect, it } from 'vitest';
import { curvesOfRun } from '../src/fit-loss/run-curves.js';

/** Largest relative error of the mean loss of the last tenth of a run; 0.7% was measured on the third one. */
const TOLERANCE = 0.015;

/** Largest relative error of what a schedule gains over a constant rate; 31% was measured. */
const GAIN = 0.4;

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
  // Both trainers train the same steps at the same rates.
  const ratesOf = ({ strategies }: Results) =>
    strategies.map(({ name, paths }) => [name, paths.map(({ rate }) => rate)]);
  expect(ratesOf(predicted)).toEqual(ratesOf(real.results));
  // What the schedules gain over a constant rate is a few percent, so an error of the whole loss alone would hide a
  // simulator that ignores decays. The test below has examples.
  for (const name of ['cosine', 'late decay']) {
    const [was, is] = [real.results, predicted].map((of) => lastLoss(of, 'constant') - lastLoss(of, name));
    process.stdout.write(`${name}: gains ${was!.toFixed(4)} trained, ${is!.toFixed(4)} predicted\n`);
    expect(was).toBeGreaterThan(0);
    expect(is! / was!).toBeGreaterThan(1 - GAIN);
    expect(is! / was!).toBeLessThan(1 + GAIN);
  }
});

/** The law that the test above fitted when it was written. */
const SHORT_RUNS: Formula = {
  form: 'sublinear-annealing',
  constants: { L0: 1.081, A: 3.202, alpha: 1.957, C: 0.05638, lambda: 0.998, power: 0.7 },
  warmup: 'actual',
};

it('would notice a simulator that drifted', () => {
  const flat = Float64Array.from({ length: STEPS }, (_, step) => 4e-3 * Math.min(1, (step + 1) / 50));
  const decay = flat.map((rate, step) => Math.min(rate, (4e-3 * (STEPS - step)) / 400));
  type Change = (rates: Float64Array) => Float64Array;
  const losses = (law: Formula, change: Change = (rates) => rates) =>
    [flat, decay].map((rates) => predictCurve(law, change(rates), [STEPS])[0]!);
  const right = losses(SHORT_RUNS);
  const isNoticed = (wrong: readonly number[]) =>
    wrong.some((loss, index) => Math.abs(loss / right[index]! - 1) > TOLERANCE) ||
    Math.abs((wrong[0]! - wrong[1]!) / (right[0]! - right[1]!) - 1) > GAIN;
  const withConstants = (constants: object) =>
    losses({ ...SHORT_RUNS, constants: { ...SHORT_RUNS.constants, ...constants } });
  expect(isNoticed(right)).toBe(false);
  for (const [what, wrong] of Object.entries({
    'no annealing': withConstants({ C: 0 }),
    'momentum of 50 steps instead of 500': withConstants({ lambda: 0.98 }),
    'the plain sum of the rates': withConstants({ power: 1 }),
    'half of the rates': losses(SHORT_RUNS, (rates) => rates.map((rate) => rate / 2)),
    'half of the steps': losses(SHORT_RUNS, (rates) => rates.map((_, step) => rates[Math.floor(step / 2)]!)),
    'a decay that begins 150 steps late': losses(SHORT_RUNS, (rates) =>
      rates.map((_, step) => rates[Math.max(Math.min(step, 60), step - 150)]!),
    ),
  })) {
    expect(isNoticed(wrong), what).toBe(true);
  }
});
