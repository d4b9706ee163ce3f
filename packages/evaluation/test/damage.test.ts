/** Damaged checkpoints and ledgers are reported and replaced; the cost is booked. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ledger, type LedgerEntry } from '@branchline/core';
import { averaging, branching, continual, temporaryDirectory } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { digests, run } from './run.js';

test('a damaged checkpoint is reported, set aside and recomputed; the cost of that is booked', async () => {
  const directory = await temporaryDirectory();
  const strategies = { branching: [branching()] };
  const first = await run(strategies, { directory });
  const key = first.results.strategies[0]!.releases[1]!.checkpoint;
  const path = join(directory, 'checkpoints', key, 'model.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  await rm(join(directory, 'evaluations'), { recursive: true });
  const second = await run(strategies, { directory });
  expect(second.warnings.join()).toContain(path);
  expect(digests(second.results)).toEqual(digests(first.results));
  expect(second.trainer.made).toBe(6);
  expect(second.results.actual.steps).toBe(first.results.actual.steps + 6);
  expect(second.results.strategies[0]!.cost.standalone).toEqual(first.results.strategies[0]!.cost.standalone);
});

test('an altered ledger is set aside, the bad line is reported, and entries are booked again from the records', async () => {
  const directory = await temporaryDirectory();
  const strategies = { continual: [continual()], averaged: [continual(), averaging()] };
  const { results } = await run(strategies, { directory });
  const path = join(directory, 'ledger.jsonl');
  const text = await readFile(path, 'utf8');
  const lines = text.trimEnd().split('\n');
  const [first, second, ...rest] = lines as [string, string, ...string[]];
  const damaged: readonly (readonly [readonly string[], RegExp])[] = [
    [[first, second.replace(/"steps":\d+/, '"steps":9'), ...rest], /line 2: was altered/],
    [[first, ...rest], /line 2: does not follow/],
    [[...lines, lines.at(-1)!], /does not follow/],
    [['{}', ...lines.slice(1)], /line 1: has no valid "kind"/],
    [['\u0000'], /line 1: is not JSON/],
  ];
  for (const [changed, message] of damaged) {
    await writeFile(path, `${changed.join('\n')}\n`);
    await expect(Ledger.read(path)).rejects.toThrow(message);
    const again = await run(strategies, { directory });
    expect(again.warnings.join()).toMatch(message);
    expect(again.trainer.made).toBe(0);
    expect(again.results.actual).toEqual(results.actual);
    expect(again.results.strategies).toEqual(results.strategies);
    const booked = (entries: readonly LedgerEntry[]) => entries.map((entry) => JSON.stringify(entry)).sort();
    const before = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LedgerEntry & Record<string, unknown>);
    const original = before.map(({ previous: _previous, digest: _digest, ...entry }) => entry as LedgerEntry);
    expect(booked(await Ledger.read(path))).toEqual(booked(original));
  }
  expect(await readdir(join(directory, 'damaged'))).toHaveLength(damaged.length);
  // A line cut off at the end is detected too, and booked again.
  await writeFile(path, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 20)}`);
  expect((await run(strategies, { directory })).results.actual).toEqual(results.actual);
});
