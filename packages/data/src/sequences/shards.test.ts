import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { digestJson, thisProcess } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, prepare, problemsOf, rows } from '../../test/corpus.js';
import { jsonl, makeRows, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import { prepareData } from '../prepare.js';
import { parseManifest, shardsOf } from './manifest.js';
import type { PreparedData } from './prepared.js';
import type { DataProgress } from './write-sequences.js';

/** Names in the cache, without the folders that corpora share. */
const corporaIn = (base: string) =>
  readdirSync(path.join(base, 'cache')).filter((name) => !['parts', 'read', 'shards', 'tokenizers'].includes(name));
/** The shards of a corpus. */
const filesOf = ({ directory }: PreparedData) =>
  shardsOf(parseManifest(readFileSync(path.join(directory, 'manifest.json'), 'utf8'))).map(({ shard, what }) => ({
    what,
    file: path.join(path.dirname(directory), 'shards', shard.digest),
  }));
/** All shards, each with its inode and times, without one. */
const stateOf = (base: string, without?: string) => {
  const folder = path.join(base, 'cache', 'shards');
  return readdirSync(folder)
    .filter((name) => path.join(folder, name) !== without)
    .map((name) => {
      const { ino, mtimeMs, size } = statSync(path.join(folder, name));
      return { name, ino, mtimeMs, size };
    });
};

describe('the cache', () => {
  const config: DataConfig = { sources: [FIELDS], versions: { by: 'random', count: 2 } };

  test('a second call reads only the inputs and the shards', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    const second = await prepare(base, config);
    expect(second.data.digest).toBe(first.data.digest);
    expect(second.progress.map(({ stage }) => stage)).toEqual(['find', 'verify']);
    expect(corporaIn(base)).toHaveLength(1);
    expect(readdirSync(first.data.directory)).toEqual(['manifest.json']);
  });

  test('a changed input gives another corpus', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    appendFileSync(path.join(base, 'rows.jsonl'), jsonl([{ ...rows[0]!, text: text('one more') }]));
    expect((await prepare(base, config)).data.digest).not.toBe(first.data.digest);
  });

  test.each([
    ['tokens', (file: string) => writeFileSync(file, 'x', { flag: 'r+' }), 'is damaged'],
    ['scores', (file: string) => truncateSync(file, 8), 'is damaged'],
    ['documents', (file: string) => rmSync(file), 'is missing'],
  ])('damaged %s are reported, and written again without another file', async (name, damage, message) => {
    const base = fixture();
    const first = await prepare(base, config);
    const { file } = filesOf(first.data).find(({ what }) => what.startsWith(name))!;
    const others = stateOf(base, file);
    damage(file);
    const second = await prepare(base, config);
    const report = second.progress.find(({ stage }) => stage === 'damaged')!;
    expect(report.message).toMatch(new RegExp(`${path.basename(file)} \\(${name} of the .+ ${message}`));
    expect(second.data.digest).toBe(first.data.digest);
    expect(stateOf(base, file)).toEqual(others);
    expect((await prepare(base, config)).progress.some(({ stage }) => stage === 'damaged')).toBe(false);
  });

  test('a damaged manifest is reported and written again, and nothing is packed', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    truncateSync(path.join(first.data.directory, 'manifest.json'), 100);
    const second = await prepare(base, config);
    expect(second.progress.map(({ stage }) => stage)).toEqual([
      'find',
      'verify',
      'damaged',
      'read',
      'read',
      'sort',
      'sort',
    ]);
    expect(second.data.digest).toBe(first.data.digest);
  });

  test.each(['read', 'sort', 'pack'])(
    'a call that is interrupted at stage %s leaves no unfinished files',
    async (at) => {
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
      expect(readdirSync(cacheDirectory).filter((name) => !['read', 'parts', 'shards'].includes(name))).toEqual([]);
      const { data } = await prepare(base, config);
      expect(data.digest).toBe((await prepare(fixture(), config)).data.digest);
    },
  );

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
    rmSync(data.directory, { recursive: true });
    await prepare(base, config);
    expect(corporaIn(base).sort()).toEqual([path.basename(data.directory), ...keep].sort());
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
    expect(message).toMatch(/cache cannot be used: a file is where a folder is needed \(ENOTDIR\) -> Name a folder/);
  });

  test('reading after close is an error', async () => {
    const { data } = await prepare(fixture(), config);
    data.read(Uint32Array.of(0));
    data.close();
    expect(() => data.read(Uint32Array.of(0))).toThrow('closed');
  });
});

test('the files of a corpus hold the tokens that are read', async () => {
  const { data } = await prepare(fixture(), { sources: [FIELDS], versions: { by: 'random', count: 2 } });
  const length = data.context + 1;
  const stored = data.files.flatMap(({ path: file, offset, first, count, width }) => {
    const bytes = readFileSync(file);
    return Array.from({ length: count }, (_, row) => ({
      id: first + row,
      tokens: Array.from({ length }, (_unused, i) => bytes.readUIntLE(offset + (row * length + i) * width, width)),
    }));
  });
  expect(stored.map(({ id }) => id)).toEqual(Array.from({ length: data.sequences }, (_, id) => id));
  for (const { id, tokens } of stored) expect([...data.read(Uint32Array.of(id))]).toEqual(tokens);
});
