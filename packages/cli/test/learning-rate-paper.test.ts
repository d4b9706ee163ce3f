/** The learning-rate paper from end to end, at a size of its own on the quadratic trainer. */
import { join } from 'node:path';
import { folder, writeTexts } from '@branchline/api/test/corpus.js';
import { learningRate, verdictsOf, withOnly } from '@branchline/reproductions';
import { expect, it } from 'vitest';
import { checkReproduction, gatherFacts } from '../src/reproduce/bench.js';

const rates = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4];
const SCALE: learningRate.Scale = {
  prefix: '',
  fit: [
    { width: 8, layers: 1, rates, horizons: [40, 80] },
    { width: 16, layers: 1, rates, horizons: [40, 80] },
  ],
  target: { width: 24, layers: 1, rates, horizons: [40, 80, 160] },
  seeds: 2,
  transfers: [],
};
const trainer = {
  trainer: 'quadratic' as const,
  options: { condition: 30, drift: 0, variance: { clean: 60, corrupt: 60 } },
};

it('fits, predicts, trains the prediction, and trains nothing again', async () => {
  const directory = folder();
  writeTexts(directory, 40);
  const paper = learningRate.learningRatePaper('quick', { sources: ['texts'] }, SCALE);
  const small = {
    ...withOnly(paper, ['prediction']),
    experiments: paper.experiments.map((experiment) => ({
      ...experiment,
      trainer,
      data: { ...experiment.data, heldOut: 0.05 },
    })),
  };
  const runs = join(directory, 'runs');
  const checked = await checkReproduction(small, { directory, seeds: undefined });
  const { facts, failures } = await gatherFacts(checked, runs);
  expect(failures).toEqual([]);
  const verdicts = verdictsOf(small.claims, facts);
  const of = (id: string) => verdicts.find((one) => one.id === id)!;
  expect(of('cost').verdict).toBe('holds');
  expect(of('prediction-rate')).toMatchObject({ seeds: [1, 2] });
  // What was trained is what the law says, not the stand-in of the plan.
  const [name, rate, , , trained] = paper.tables(facts)[2]!.rows[0]!;
  expect(name).toBe('fitted law');
  expect(rates.map(String)).not.toContain(rate);
  const lossOf = (strategy: string, of: string) =>
    facts.results[of]!.strategies.find((one) => one.name === strategy)!.releases[0]!.loss;
  expect(lossOf('fitted law', 'prediction')).not.toBe(lossOf('rate 0.025, 160 steps', 'target'));
  expect(trained).toMatch(/ ±/);
  const again = await gatherFacts(checked, runs);
  expect(again.facts.results.prediction!.graph).toEqual(facts.results.prediction!.graph);
  expect(verdictsOf(small.claims, again.facts)).toEqual(verdicts);
});
