/** Validation sets of an experiment, from the file to the report. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  bench,
  type ExperimentEvent,
  fromScratch,
  pathSwitching,
  plan,
  quadratic,
  report,
  tfjs,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const EXPERIMENT = {
  ...TINY,
  strategies: { scratch: [fromScratch()], switching: [pathSwitching({ alpha: 0.5 })] },
};

function place() {
  const directory = folder();
  writeTexts(directory);
  const own = ['a dawn train', 'an early bird', 'low clouds'].map((text) => ({ text: `${text}, `.repeat(20) }));
  writeFileSync(join(directory, 'own.jsonl'), own.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

const withSets = (...evaluation: readonly object[]) => ({
  ...EXPERIMENT,
  data: { ...TINY.data, evaluation: evaluation as { name: string; files: string }[] },
});
const OWN = { name: 'own', files: 'own.jsonl' };
const SHARED = { name: 'shared', files: 'texts/1*.txt' };

it('evaluates finished releases on a set that is added, and trains nothing', async () => {
  const options = place();
  const trainer = tfjs({ engine: 'jit', device: 'cpu', threads: 1 });
  const before = await bench({ ...EXPERIMENT, trainer }, options);
  const events: ExperimentEvent[] = [];
  const onEvent = (event: ExperimentEvent) => void events.push(event);
  const compare = {
    claims: { lower: { strategy: 'switching', metric: { validation: 'own' }, expect: '< 0' as const } },
  };
  const after = await bench({ ...withSets(OWN), trainer, compare }, { ...options, onEvent });
  expect(events.filter(({ type }) => type === 'step')).toEqual([]);
  expect(after.results.actual.steps).toBe(before.results.actual.steps);
  const releases = ({ results }: typeof before) =>
    results.strategies.flatMap((strategy) =>
      strategy.releases.map(({ checkpoint, weightsDigest, loss }) => [checkpoint, weightsDigest, loss]),
    );
  expect(releases(after)).toEqual(releases(before));
  const losses = after.results.strategies.map((strategy) =>
    strategy.releases.map(({ validation }) => validation![0]!.loss),
  );
  expect(losses.flat().every((loss) => loss > 1 && loss < 10)).toBe(true);
  expect(new Set(losses.flat()).size).toBeGreaterThan(4);
  const [claim] = after.results.comparison!.claims;
  expect(claim!.values[0]).toBeCloseTo(losses[1]!.at(-1)! - losses[0]!.at(-1)!, 12);
  expect(await report(after)).toContain('<h3><bdi>own</bdi></h3>');
}, 300_000);

it('reports the training text that a set removed, in the plan and in the results', async () => {
  const options = place();
  const experiment = { ...withSets(OWN, SHARED), trainer: quadratic() };
  const { data } = await plan(experiment, options);
  expect(data.validation).toMatchObject([
    { name: 'own', removed: { documents: 0, bytes: 0 } },
    { name: 'shared', removed: { documents: 11 } },
  ]);
  const { results } = await bench(experiment, options);
  expect(data.validation).toMatchObject(results.data.validation!);
});

it('refuses claims about a set that there is none of, before anything is read', async () => {
  const compare = { metric: { validation: 'owl' } };
  const refused = plan({ ...withSets(OWN), trainer: quadratic(), compare }, place());
  await expect(refused).rejects.toMatchObject({
    code: 'config',
    problems: [{ configPath: 'compare.metric', remedy: 'Did you mean "own"?' }],
  });
});
