import { appendFileSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestJson, thisProcess } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, prepare, problemsOf, rows } from '../../test/corpus.js';
import { jsonl, makeRows, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import { prepareData } from '../prepare.js';
import type { DataProgress } from './write-sequences.js';

describe('the cache', () => {
  const config: DataConfig = { sources: [FIELDS], versions: { by: 'random', count: 2 } };

  test('a second call reads only the inputs and the shards', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    const second = await prepare(base, config);
    expect(second.data.digest).toBe(first.data.digest);
    expect(second.progress.map(({ stage }) => stage)).toEqual(['find', 'verify']);
    expect(readdirSync(path.join(base, 'cache'))).toHaveLength(1);
    expect(readdirSync(first.data.directory).sort()).toEqual([
      'contents.bin',
      'documents.jsonl',
      'manifest.json',
      'scores.bin',
      'tokens-00000.bin',
    ]);
  });

  test('a changed input gives another corpus', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    appendFileSync(path.join(base, 'rows.jsonl'), jsonl([{ ...rows[0]!, text: text('one more') }]));
    expect((await prepare(base, config)).data.digest).not.toBe(first.data.digest);
  });

  test.each([
    ['tokens-00000.bin', (file: string) => writeFileSync(file, 'x', { flag: 'r+' }), 'is damaged'],
    ['scores.bin', (file: string) => truncateSync(file, 8), 'is damaged'],
    ['manifest.json', (file: string) => truncateSync(file, 100), 'is damaged'],
  ])('a damaged %s is reported and rebuilt', async (name, damage, message) => {
    const base = fixture();
    const first = await prepare(base, config);
    damage(path.join(first.data.directory, name));
    const second = await prepare(base, config);
    const report = second.progress.find(({ stage }) => stage === 'damaged')!;
    expect(report.message).toContain(`${name} ${message}`);
    expect(second.data.digest).toBe(first.data.digest);
    expect((await prepare(base, config)).progress.some(({ stage }) => stage === 'damaged')).toBe(false);
  });

  test.each(['read', 'sort', 'pack'])('a call that is interrupted at stage %s leaves nothing behind', async (at) => {
    const base = fixture();
    const controller = new AbortController();
    const cacheDirectory = path.join(base, 'cache');
    // Abort from a timer, as a signal of the operating system would: between synchronous work.
    const onProgress = ({ stage }: DataProgress) => stage === at && setImmediate(() => controller.abort());
    const call = prepareData(config, {
      context: 32,
      baseDirectory: base,
      cacheDirectory,
      signal: controller.signal,
      onProgress,
    });
    await expect(call).rejects.toMatchObject({ name: 'BranchlineError', code: 'interrupted' });
    expect(readdirSync(cacheDirectory)).toEqual([]);
  });

  test('removes files of killed processes, keeps those of running ones and of other machines', async () => {
    const base = fixture();
    const { data } = await prepare(base, config);
    const cache = path.join(base, 'cache');
    const { host, boot, pids } = thisProcess();
    const here = digestJson([host, boot ?? null, pids ?? null]).slice(0, 8);
    const left = (machine: string, pid: number) => `${path.basename(data.directory)}.tmp-${machine}-${pid}-0`;
    // Above the largest process id of Linux and macOS, and the usual ones of Windows.
    const dead = 2 ** 30;
    const keep = [left(here, process.ppid), left('00000000', dead)];
    const remove = [left(here, dead), left('11111111', process.ppid)];
    write(cache, Object.fromEntries([...keep, ...remove].map((name) => [`${name}/x`, ''])));
    // Eight days old.
    const old = Date.now() / 1000 - 8 * 86_400;
    utimesSync(path.join(cache, left('11111111', process.ppid)), old, old);
    truncateSync(path.join(data.directory, 'scores.bin'), 0);
    await prepare(base, config);
    expect(readdirSync(cache).sort()).toEqual([path.basename(data.directory), ...keep].sort());
  });

  test('progress counts bytes, then sequences', async () => {
    const { data, progress } = await prepare(fixture(makeRows(300)), { sources: [FIELDS] });
    for (const stage of ['read', 'pack'] as const) {
      const counts = progress.filter((one) => one.stage === stage);
      expect(counts.length).toBeGreaterThan(2);
      expect(counts.every(({ done, total }) => done! <= total!)).toBe(true);
      expect(counts.at(-1)!.done).toBe(counts.at(-1)!.total);
    }
    expect(progress.at(-1)!.total).toBe(data.sequences);
  });

  test('errors of the file system are reported with a remedy', async () => {
    const base = fixture();
    write(base, { cache: 'a file' });
    const message = await problemsOf(base, config);
    expect(message).toMatch(/^data: E\w+.* -> Check that the sources can be read, and that .*cache can be written/);
  });

  test('reading after close is an error', async () => {
    const { data } = await prepare(fixture(), config);
    data.read(Uint32Array.of(0));
    data.close();
    expect(() => data.read(Uint32Array.of(0))).toThrow('closed');
  });
});
