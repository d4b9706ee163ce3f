import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BranchlineError, type OrderRequest } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folder, jsonl, makeRows, type Row, text, write } from '../test/fixtures.js';
import { type DataProgress, prepareData } from './prepare.js';
import type { PreparedData } from './prepared.js';
import type { DataConfig } from './schema.js';

const rows = makeRows(160);
const FIELDS = { files: 'rows.jsonl', scoreField: 'score', domainField: 'kind', versionField: 'year', idField: 'name' };

interface Run {
  data: PreparedData;
  progress: DataProgress[];
}

async function prepare(base: string, config: DataConfig, context = 32): Promise<Run> {
  const progress: DataProgress[] = [];
  const data = await prepareData(config, {
    context,
    baseDirectory: base,
    cacheDirectory: path.join(base, 'cache'),
    onProgress: (one) => progress.push(one),
  });
  return { data, progress };
}

async function problemsOf(base: string, config: unknown, context = 32): Promise<string> {
  const error = await prepare(base, config as DataConfig, context).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BranchlineError);
  return (error as BranchlineError).problems
    .map((one) => `${one.configPath}: ${one.message} -> ${one.remedy}`)
    .join('\n');
}

/** Text of the sequences from `first`, joined: each begins with the token that the one before ends with. */
function rejoin(data: PreparedData, ids: Uint32Array): string {
  const tokens = data.read(ids);
  const length = data.context + 1;
  const kept = tokens.filter((_, index) => index === 0 || index % length !== 0);
  return Buffer.from(Uint8Array.from(kept, (token) => (token === 256 ? 0 : token))).toString('utf8');
}

const range = (from: number, count: number) => Uint32Array.from({ length: count }, (_, index) => from + index);
const heldOutIds = (data: PreparedData) => data.evaluationSet().parts.flatMap(({ sequences }) => [...sequences]);

function fixture(content: readonly Row[] = rows): string {
  const base = folder();
  write(base, { 'rows.jsonl': jsonl(content) });
  return base;
}

describe('packing', () => {
  test('decoded sequences join to the documents, sorted by score', async () => {
    const base = fixture();
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field' }, heldOut: 0.1 });
    const byText = new Map(rows.map((row) => [row.text, row]));
    for (const { version, domain, first, count } of data.groups) {
      const documents = rejoin(data, range(first, count)).split('\0').slice(0, -1);
      let last = -1;
      for (const document of documents) {
        const row = byText.get(document)!;
        expect(row).toBeDefined();
        expect([row.year, row.kind]).toEqual([data.versions[version - 1]!.name, domain]);
        expect(row.score).toBeGreaterThanOrEqual(last);
        last = row.score;
      }
    }
  });

  test('a sequence knows its version, domain, split and the mean score of its tokens', async () => {
    const content = [0.25, 0.75].flatMap((score) =>
      Array.from({ length: 20 }, (_, index) => ({ ...makeRows(1)[0]!, score, text: text(`${score} ${index}`) })),
    );
    const base = fixture(content);
    const { data } = await prepare(base, {
      sources: [{ files: 'rows.jsonl', scoreField: 'score' }],
      versions: { by: 'random', count: 1 },
    });
    const scores = [...range(0, data.versions[0]!.sequences)].map((id) => data.sequence(id).score!);
    expect(scores[0]).toBe(0.25);
    expect(scores.at(-1)).toBe(0.75);
    expect(new Set(scores).size).toBeLessThanOrEqual(3);
    expect(data.sequence(0)).toEqual({ version: 1, domain: 'default', split: 'train', score: 0.25 });
    expect(data.sequence(data.sequences - 1).split).toBe('held-out');
    expect(() => data.sequence(data.sequences)).toThrow(RangeError);
    expect(() => data.read(Uint32Array.of(data.sequences))).toThrow(RangeError);
  });

  test('counts bytes of text, not ends of documents', async () => {
    const { data } = await prepare(fixture(), { sources: [FIELDS] });
    let ends = 0;
    for (const part of data.evaluationSet().parts) {
      const predicted = [...data.read(part.sequences)].filter((_, index) => index % 33 !== 0);
      expect(part.bytes).toBe(predicted.filter((token) => token < 256).length);
      ends += predicted.length - part.bytes;
    }
    expect(ends).toBeGreaterThan(0);
    expect(data.vocabulary).toBe(257);
  });

  test('a document longer than maxDocumentBytes is split at line ends', async () => {
    const base = folder();
    const long = text('long', 400);
    write(base, { 'long.txt': long, 'a.txt': text('a', 20), 'b.txt': text('b', 20), 'c.txt': text('c', 20) });
    const { data } = await prepare(base, {
      sources: '*.txt',
      versions: { by: 'random', count: 1 },
      maxDocumentBytes: 500,
    });
    const lines = readFileSync(path.join(data.directory, 'documents.jsonl'), 'utf8').trim().split('\n');
    const pieces = lines.map((line) => JSON.parse(line) as { id: string; bytes: number; split: string });
    const ofLong = pieces.filter(({ id }) => id === 'long.txt');
    expect(ofLong.length).toBeGreaterThan(20);
    expect(Math.max(...ofLong.map(({ bytes }) => bytes))).toBeLessThanOrEqual(500);
    expect(ofLong.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(long));
    // Held out as a whole, or not at all.
    expect(new Set(ofLong.map(({ split }) => split)).size).toBe(1);
  });
});

describe('versions and splits', () => {
  test('at random: equal tokens, equal domains, nothing twice, nothing lost', async () => {
    const base = fixture();
    const source = { files: 'rows.jsonl', domainField: 'kind' };
    const { data } = await prepare(base, { sources: [source], versions: { by: 'random', count: 3 } });
    const sizes = data.versions.map(({ sequences }) => sequences);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(4);
    for (const { domains } of data.versions) expect(domains.map(({ name }) => name)).toEqual(['code', 'prose']);
    const lines = readFileSync(path.join(data.directory, 'documents.jsonl'), 'utf8').trim().split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { digest: string }).digest);
    expect(new Set(ids).size).toBe(rows.length);
    expect(ids).toHaveLength(rows.length);
  });

  test('training and held-out text share no document', async () => {
    const { data } = await prepare(fixture(), { sources: [FIELDS], versions: { by: 'random', count: 2 } });
    const names = (ids: Uint32Array) => new Set(rejoin(data, ids).match(/document \d+(?=\n)/g));
    const held = new Set(data.evaluationSet().parts.flatMap(({ sequences }) => [...names(sequences)]));
    const train = new Set(data.groups.flatMap(({ first, count }) => [...names(range(first, count))]));
    expect(held.size).toBeGreaterThan(8);
    expect([...held].filter((name) => train.has(name))).toEqual([]);
    expect(heldOutIds(data)).toEqual([...range(data.sequences - heldOutIds(data).length, heldOutIds(data).length)]);
  });

  test('a cap is exact for every version and takes low and high scores', async () => {
    const base = fixture();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 32, max: 3000 }), async (tokens) => {
        const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field', tokens } });
        for (const version of data.versions) expect(version.sequences).toBe(Math.floor(tokens / 32));
      }),
      { numRuns: 6, seed: 1 },
    );
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field', tokens: '2k' } });
    const scores = [...range(0, data.versions[0]!.sequences)].map((id) => data.score(id));
    expect(Math.min(...scores)).toBeLessThan(0.2);
    expect(Math.max(...scores)).toBeGreaterThan(0.8);
  });

  test('by field in a given order, and by source', async () => {
    const base = fixture();
    write(base, { 'other.txt': text('other', 60), 'more.txt': text('more', 60) });
    const order = ['2021', '2020', '2022'];
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field', order } });
    expect(data.versions.map(({ name }) => name)).toEqual(order);
    const bySource = await prepare(base, { sources: ['*.txt', 'rows.jsonl'], versions: { by: 'source' } });
    expect(bySource.data.versions.map(({ index, name }) => [index, name])).toEqual([
      [1, '*.txt'],
      [2, 'rows.jsonl'],
    ]);
    const short = await problemsOf(base, { sources: [FIELDS], versions: { by: 'field', order: ['2020'] } });
    expect(short).toContain('data.versions.order: does not list 2021, 2022, which are in the data');
  });

  test('of the same text twice, the earliest version keeps it', async () => {
    const doubled = [
      ...rows,
      ...rows.map((row) => ({ ...row, year: '2019', name: `copy of ${row.name}` })).slice(0, 60),
    ];
    const base = fixture(doubled);
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field' } });
    const read = (one: PreparedData) => readFileSync(path.join(one.directory, 'documents.jsonl'), 'utf8');
    expect(read(data).match(/copy of/g)).toHaveLength(60);
    expect(read(data).trim().split('\n')).toHaveLength(rows.length);
    const all = await prepare(base, { sources: [FIELDS], versions: { by: 'field' }, deduplicate: 'none' });
    expect(read(all.data).trim().split('\n')).toHaveLength(doubled.length);
  });

  test('too little text says how much there is and what to do', async () => {
    const base = fixture();
    const message = await problemsOf(base, { sources: [FIELDS], versions: { by: 'field', tokens: '1M' } });
    expect(message).toMatch(
      /data\.versions\.tokens: too little text for 1000000 training tokens in each version: version 2020 has \d+, version 2021 has \d+/,
    );
    expect(message).toMatch(/Ask for at most \d+, add sources/);
    const limit = Number(/at most (\d+)/.exec(message)![1]);
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field', tokens: limit } });
    expect(data.versions.every(({ tokens }) => tokens === limit)).toBe(true);
    expect(await problemsOf(base, { sources: [FIELDS] }, 100_000)).toMatch(/data\.heldOut: no held-out sequence/);
  });

  test('a document alone cannot be both trained on and held out', async () => {
    const base = folder();
    write(base, { 'book.txt': text('book', 500), 'empty.txt': '', 'none.jsonl': '' });
    const message = await problemsOf(base, { sources: ['*.txt', 'none.jsonl'] });
    expect(message).toMatch(/^data\.heldOut: no held-out sequence .*, 1 document\) -> .* split long ones/);
    // Where there is no text at all, more of it held out would be no remedy.
    const nothing = await problemsOf(base, { sources: ['empty.txt', 'none.jsonl'] });
    expect(nothing).toMatch(/^data\.versions: too little text .* -> Add text/);
    expect(nothing).not.toContain('heldOut:');
  });

  test('no piece of a held-out document is trained on as a piece of another', async () => {
    const base = folder();
    // Long documents in two releases each: the same but for their last lines.
    const releases = Array.from({ length: 12 }, (_, index) =>
      ['1.0', '1.1'].map((release) => ({ text: `${text(`manual ${index}`, 200)}release ${release} of ${index}\n` })),
    );
    write(base, { 'manuals.jsonl': jsonl(releases.flat()) });
    const config: DataConfig = {
      sources: 'manuals.jsonl',
      versions: { by: 'random', count: 2 },
      maxDocumentBytes: 1000,
    };
    const shared = async (change: Partial<DataConfig>) => {
      const { data } = await prepare(base, { ...config, ...change });
      const lines = readFileSync(path.join(data.directory, 'documents.jsonl'), 'utf8').trim().split('\n');
      const pieces = lines.map((line) => JSON.parse(line) as { digest: string; split: string });
      const heldOut = new Set(pieces.filter(({ split }) => split === 'held-out').map(({ digest }) => digest));
      expect(heldOut.size).toBeGreaterThan(10);
      return pieces.filter(({ split, digest }) => split === 'train' && heldOut.has(digest)).length;
    };
    expect(await shared({})).toBe(0);
    expect(await shared({ deduplicate: 'none' })).toBeGreaterThan(0);
  });
});

describe('determinism', () => {
  const config: DataConfig = { sources: [FIELDS], versions: { by: 'random', count: 2 } };

  test('neither the order of lines nor the place of the files matters', async () => {
    const one = await prepare(fixture(), config);
    const two = await prepare(fixture([...rows].reverse()), config);
    expect(two.data.directory).not.toBe(one.data.directory);
    expect(two.data.digest).toBe(one.data.digest);
    const again = await prepare(fixture(), config);
    expect(path.basename(again.data.directory)).toBe(path.basename(one.data.directory));
  });

  test('every option that should change the corpus does', async () => {
    const base = fixture();
    const digests = new Set<string>();
    const changes: Partial<DataConfig>[] = [
      {},
      { seed: 1 },
      { heldOut: 0.2 },
      { heldOut: { sequences: 3 } },
      { score: 'diversity' },
      { maxDocumentBytes: 100 },
      { versions: { by: 'random', count: 3 } },
      { versions: { by: 'random', count: 2, tokens: 1000 } },
    ];
    for (const change of changes) digests.add((await prepare(base, { ...config, ...change })).data.digest);
    digests.add((await prepare(base, config, 16)).data.digest);
    expect(digests.size).toBe(changes.length + 1);
  });

  test('an order belongs to the ids, not to the way they were asked for', async () => {
    const { data } = await prepare(fixture(), config);
    const request: OrderRequest = { parts: [{ version: 1 }], order: { by: 'ascending' }, seed: 1 };
    const order = data.order(request);
    expect(data.order({ ...request })).toBe(order);
    expect(data.order({ ...request, seed: 2 }).digest).toBe(order.digest);
    expect(data.reorder(order.ids.slice().reverse(), request.order, 3)).toEqual(order);
    expect(data.reorder(order.ids, { by: 'descending' }, 1).digest).not.toBe(order.digest);
    expect(() => data.reorder(data.evaluationSet().parts[0]!.sequences, request.order, 1)).toThrow(RangeError);
  });
});

describe('the cache', () => {
  const config: DataConfig = { sources: [FIELDS], versions: { by: 'random', count: 2 } };

  test('a second call reads nothing but the inputs and the shards', async () => {
    const base = fixture();
    const first = await prepare(base, config);
    const second = await prepare(base, config);
    expect(second.data.digest).toBe(first.data.digest);
    expect(second.progress.map(({ stage }) => stage)).toEqual(['find', 'verify']);
    expect(readdirSync(path.join(base, 'cache'))).toHaveLength(1);
    expect(readdirSync(first.data.directory).sort()).toEqual([
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
  ])('a damaged %s is named and built again', async (name, damage, message) => {
    const base = fixture();
    const first = await prepare(base, config);
    damage(path.join(first.data.directory, name));
    const second = await prepare(base, config);
    const report = second.progress.find(({ stage }) => stage === 'damaged')!;
    expect(report.message).toContain(`${name} ${message}`);
    expect(second.data.digest).toBe(first.data.digest);
    expect((await prepare(base, config)).progress.some(({ stage }) => stage === 'damaged')).toBe(false);
  });

  test('an interrupted call leaves nothing behind', async () => {
    const base = fixture();
    const controller = new AbortController();
    const cacheDirectory = path.join(base, 'cache');
    // As a signal of the operating system does, which arrives when nothing synchronous runs.
    const onProgress = ({ stage }: DataProgress) => stage === 'pack' && setImmediate(() => controller.abort());
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

  test('what a killed process left behind is taken away, and what a living one writes is not', async () => {
    const base = fixture();
    const { data } = await prepare(base, config);
    const left = (pid: number) => `${path.basename(data.directory)}.tmp-${pid}-0`;
    // Above the largest process id of Linux, macOS and Windows' usual ones.
    write(path.join(base, 'cache'), { [`${left(2 ** 30)}/x`]: '', [`${left(process.ppid)}/x`]: '' });
    truncateSync(path.join(data.directory, 'scores.bin'), 0);
    await prepare(base, config);
    expect(readdirSync(path.join(base, 'cache')).sort()).toEqual([path.basename(data.directory), left(process.ppid)]);
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

  test('what the file system refuses is a problem with a remedy', async () => {
    const base = fixture();
    write(base, { cache: 'a file' });
    const message = await problemsOf(base, config);
    expect(message).toMatch(/^data: E\w+.* -> See that the sources can be read, and that .*cache can be written/);
  });

  test('reading after close is an error', async () => {
    const { data } = await prepare(fixture(), config);
    data.read(Uint32Array.of(0));
    data.close();
    expect(() => data.read(Uint32Array.of(0))).toThrow('closed');
  });
});
