/** A run that stops leaves results that are marked as partial. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { branching, continual, scratch, ToyTrainer, temporaryDirectory, toyData } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import type { Results } from '../src/index.js';
import { digests, names, type RunOptions, run } from './run.js';

const strategies = () => ({ scratch: [scratch()], continual: [continual()], branching: [branching()] });
const data = toyData({ versions: 3 });
const undisturbed = await run(strategies(), { data });

const read = async (directory: string): Promise<Results | undefined> =>
  readFile(join(directory, 'results.json'), 'utf8').then(
    (text) => JSON.parse(text) as Results,
    () => undefined,
  );

/** Starts a run that Ctrl-C stops during its step `stop`. */
async function stopped(stop: number, directory: string, options: RunOptions = {}, of = strategies()) {
  const controller = new AbortController();
  const trainer = new ToyTrainer({ beforeStep: (made) => made + 1 === stop && controller.abort() });
  await expect(run(of, { data, trainer, directory, signal: controller.signal, ...options })).rejects.toMatchObject({
    code: 'interrupted',
  });
  return read(directory);
}

/** Releases by strategy and version. */
const found = ({ strategies: all }: Results) =>
  new Map(all.flatMap(({ name, releases }) => releases.map((release) => [`${name} ${release.version}`, release])));

test('after a stop, the results have what was released, and say what is missing', async () => {
  const whole = found(undisturbed.results);
  const counts = new Set<number>();
  for (const stop of [3, 25, 55, undisturbed.trainer.made - 1]) {
    const directory = await temporaryDirectory();
    const results = await stopped(stop, directory);
    if (results === undefined) {
      counts.add(0);
      continue;
    }
    const releases = found(results);
    counts.add(releases.size);
    expect(names(results)).toEqual(['scratch', 'continual', 'branching']);
    expect(results.partial).toMatchObject({ releases: releases.size, of: 9 });
    const missing = results.partial!.missing.flatMap(({ strategy, versions }) =>
      versions.map((version) => `${strategy} ${version}`),
    );
    expect([...releases.keys(), ...missing].sort()).toEqual([...whole.keys()].sort());
    for (const [key, { weightsDigest, loss }] of releases) {
      expect({ weightsDigest, loss }).toEqual({
        weightsDigest: whole.get(key)!.weightsDigest,
        loss: whole.get(key)!.loss,
      });
    }
    expect(results).toMatchObject({ comparison: null, averagingSaved: [] });
    expect(results.actual.steps).toBe(stop);
    for (const { name, cost } of results.strategies) {
      const isWhole = ![name, 'scratch'].some((one) =>
        results.partial!.missing.some(({ strategy }) => strategy === one),
      );
      expect(cost.ratioToBaseline !== null).toBe(isWhole);
    }

    // The same call, run to its end, replaces them.
    const { results: complete } = await run(strategies(), { data, directory });
    expect(digests(complete)).toEqual(digests(undisturbed.results));
    expect(await read(directory)).toEqual(JSON.parse(JSON.stringify(complete)));
    expect((await read(directory))!.partial).toBeUndefined();
  }
  expect(counts.size).toBeGreaterThan(2);
});

test('releases of earlier starts are among the results of a later one that stops at once', async () => {
  const directory = await temporaryDirectory();
  const first = await stopped(55, directory);
  const again = await stopped(1, directory);
  expect(again!.partial!.releases).toBe(first!.partial!.releases);
  expect(first!.partial!.releases).toBeGreaterThan(0);
});

test('a crash, where nothing more runs, leaves the first release', async () => {
  const directory = await temporaryDirectory();
  let seen: Results | undefined;
  const trainer = new ToyTrainer({
    beforeStep: () => {
      const file = join(directory, 'results.json');
      if (existsSync(file)) seen ??= JSON.parse(readFileSync(file, 'utf8')) as Results;
    },
  });
  await run(strategies(), { data, directory, trainer });
  expect(seen!.partial).toMatchObject({ releases: expect.any(Number) as number, of: 9 });
  expect(seen!.partial!.releases).toBeGreaterThan(0);
});

test('complete results stay until a release is new', async () => {
  const directory = await temporaryDirectory();
  await run({ scratch: [scratch()] }, { data, directory });
  const before = await read(directory);
  expect(before!.partial).toBeUndefined();
  expect(await stopped(1, directory)).toEqual(before);
  const later = await stopped(45, directory);
  expect(later!.partial!.missing.map(({ strategy }) => strategy)).not.toContain('scratch');
  expect(later!.partial!.releases).toBeGreaterThan(3);
});

test('a run in which every strategy fails leaves what it released before', async () => {
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made >= 15) throw new Error('broken');
    },
  });
  await expect(run({ continual: [continual()] }, { data, trainer, directory })).rejects.toThrow();
  expect((await read(directory))!.partial).toMatchObject({
    releases: 1,
    missing: [{ strategy: 'continual', seed: 7, versions: [2, 3] }],
  });
  expect((await read(directory))!.failures).toMatchObject([{ strategies: ['continual'] }]);
});

test('results of a stopped run have the failures of its strategies', async () => {
  const directory = await temporaryDirectory();
  const controller = new AbortController();
  let calls = 0;
  const trainer = new ToyTrainer({
    beforeStep: () => {
      calls++;
      // In the second version of `continual`.
      if (calls === 15) throw new Error('broken');
      if (calls === 60) controller.abort();
    },
  });
  const running = run(strategies(), { data, directory, trainer, signal: controller.signal });
  await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  const { failures, partial } = (await read(directory))!;
  expect(partial!.releases).toBeGreaterThan(0);
  expect(failures).toEqual([{ strategies: ['continual'], message: expect.stringContaining('broken') as string }]);
});
