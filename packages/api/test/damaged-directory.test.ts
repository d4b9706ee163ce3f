/** What `bench` says about stored work must not keep it from repairing a damaged run directory. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BenchOptions, bench, fromScratch, quadratic, type StoredWork } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const EXPERIMENT = { ...TINY, trainer: quadratic(), strategies: { scratch: [fromScratch()] } };

/** Flips one bit in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(path, bytes);
}

/** The first file of a run directory whose path ends so. */
const fileIn = (directory: string, end: string) =>
  join(
    directory,
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .find((path) => path.endsWith(end))!,
  );

it.each([
  ['ledger', 'ledger.jsonl', ''],
  ['seal of the ledger', 'ledger.seal.json', ''],
  ['manifest of a checkpoint', 'manifest.json', 'checkpoints'],
  ['record of a plan', '.json', 'plans'],
])('a damaged %s is made again by the same call', async (_, end, under) => {
  const directory = folder();
  writeTexts(directory);
  const options: BenchOptions = { runs: join(directory, 'runs'), directory, name: 'tiny' };
  const { directory: run, results: before } = await bench(EXPERIMENT, options);
  damage(fileIn(join(run, under), end));

  let stored: StoredWork | undefined;
  const beforeTraining = (work: StoredWork | undefined) => {
    stored = work;
  };
  const { results } = await bench(EXPERIMENT, { ...options, beforeTraining });
  const digests = ({ strategies }: typeof results) =>
    strategies.map(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));
  expect(digests(results)).toEqual(digests(before));
  expect(stored).toBeDefined();
  // Nothing is left to repair.
  const { results: last } = await bench(EXPERIMENT, options);
  expect(last.actual).toEqual(results.actual);
});
