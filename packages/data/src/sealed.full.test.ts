/** A preparation that is killed: what was complete is kept, and nothing that is not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { prepare } from '../test/corpus.js';
import { folder, jsonl, text, write } from '../test/fixtures.js';
import type { DataConfig } from './config/schema.js';

const YEARS = ['2020', '2021', '2022', '2023'];
const config: DataConfig = { sources: [{ files: 'in/*.jsonl', versionField: 'year' }], versions: { by: 'field' } };
const FLAGS = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register'];
const PROCESS = path.join(import.meta.dirname, '../test/prepare-process.ts');

/** Files of a folder of the cache. */
const namesIn = (base: string, name: string) => {
  try {
    return readdirSync(path.join(base, 'cache', name)).filter((one) => !one.includes('.tmp-'));
  } catch {
    return [];
  }
};

test('killed at any moment, one more call gives the same corpus and repeats nothing that was complete', async () => {
  const files = Object.fromEntries(
    YEARS.map((year) => [
      `in/${year}.jsonl`,
      jsonl(Array.from({ length: 60 }, (_, index) => ({ text: text(`${year} ${index}`, 500), year }))),
    ]),
  );
  const fresh = folder();
  write(fresh, files);
  const { data } = await prepare(fresh, config, 128);
  // Entries of files, then parts: the call is killed when so many are there.
  for (const [kind, count] of [
    ['read', 1],
    ['read', 3],
    ['parts', 1],
    ['parts', 4],
    ['parts', 7],
  ] as const) {
    const base = folder();
    write(base, files);
    const options = { context: 128, baseDirectory: base, cacheDirectory: path.join(base, 'cache') };
    const child = spawn(process.execPath, [...FLAGS, PROCESS, JSON.stringify(config), JSON.stringify(options)], {
      // The loader takes the tsconfig.json of this folder.
      cwd: path.join(import.meta.dirname, '..'),
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    while (child.exitCode === null && namesIn(base, kind).length < count) await setTimeout(1);
    child.kill('SIGKILL');
    await ended;
    const kept = ['read', 'parts', 'shards'].map((one) => namesIn(base, one));
    expect(kept[kind === 'read' ? 0 : 1]!.length).toBeGreaterThanOrEqual(count);
    const { data: again, progress } = await prepare(base, config, 128);
    expect(progress.some(({ stage }) => stage === 'damaged')).toBe(false);
    expect(again.digest).toBe(data.digest);
    for (const [index, one] of ['read', 'parts', 'shards'].entries())
      expect(namesIn(base, one)).toEqual(expect.arrayContaining(kept[index]!));
    expect(readdirSync(path.join(base, 'cache')).filter((name) => name.includes('.tmp-'))).toEqual([]);
    again.close();
  }
  data.close();
}, 180_000);
