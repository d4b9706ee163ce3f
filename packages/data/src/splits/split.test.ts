import { allHeldOut } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, heldOutIds, listed, prepare, problemsOf, range, rejoin, rows } from '../../test/corpus.js';
import { folder, jsonl, makeRows, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import type { PreparedData } from '../sequences/prepared.js';

describe('versions and splits', () => {
  test('at random: equal tokens, equal domains, nothing twice, nothing lost', async () => {
    const base = fixture();
    const source = { files: 'rows.jsonl', domainField: 'kind' };
    const { data } = await prepare(base, { sources: [source], versions: { by: 'random', count: 3 } });
    const sizes = data.versions.map(({ sequences }) => sequences);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(4);
    for (const { domains } of data.versions) expect(domains.map(({ name }) => name)).toEqual(['code', 'prose']);
    const lines = listed(data).trim().split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { digest: string }).digest);
    expect(new Set(ids).size).toBe(rows.length);
    expect(ids).toHaveLength(rows.length);
  });

  test('training and held-out text share no document', async () => {
    const { data } = await prepare(fixture(), { sources: [FIELDS], versions: { by: 'random', count: 2 } });
    const names = (ids: Uint32Array) => new Set(rejoin(data, ids).match(/document \d+(?=\n)/g));
    const held = new Set(allHeldOut(data).parts.flatMap(({ sequences }) => [...names(sequences)]));
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

  test('by domain: one domain per version, and a share of each in the others', async () => {
    const content = makeRows(600).map((row, index) => ({ ...row, kind: ['code', 'prose', 'talk'][index % 3]! }));
    const base = fixture(content);
    const source = { files: 'rows.jsonl', domainField: 'kind', idField: 'name' };
    const corpus = async (more: object) =>
      (await prepare(base, { sources: [source], versions: { by: 'domain', ...more } })).data;
    const plain = await corpus({});
    expect(plain.versions.map(({ name, domains }) => [name, domains.map((one) => one.name)])).toEqual([
      ['code', ['code']],
      ['prose', ['prose']],
      ['talk', ['talk']],
    ]);
    const parts = (data: PreparedData) => allHeldOut(data).parts.map(({ version, domain }) => [version, domain]);
    expect(parts(plain)).toEqual([
      [1, 'code'],
      [2, 'prose'],
      [3, 'talk'],
    ]);
    const ordered = await corpus({ order: ['talk', ['prose', 'code']], mix: 0.2, tokens: 6400 });
    expect(ordered.versions.map(({ name, sequences }) => [name, sequences])).toEqual([
      ['talk', 200],
      ['prose + code', 200],
    ]);
    expect(parts(ordered)).toHaveLength(6);
    const lines = listed(ordered).trim().split('\n');
    const documents = lines.map((line) => JSON.parse(line) as { version: number; domain: string });
    for (const domain of ['talk', 'prose', 'code']) {
      const all = documents.filter((one) => one.domain === domain);
      const away = all.filter(({ version }) => version !== (domain === 'talk' ? 1 : 2));
      expect(away.length / all.length).toBeGreaterThan(0.13);
      expect(away.length / all.length).toBeLessThan(0.27);
    }
    expect((await corpus({ order: ['talk', ['prose', 'code']], mix: 0.2, tokens: 6400 })).digest).toBe(ordered.digest);
    const reported = (versions: object) =>
      problemsOf(base, { sources: [source], versions: { by: 'domain', ...versions } });
    expect(await reported({ order: ['talk', 'prose'] })).toMatch(
      /data\.versions\.order: does not list code, which is in the/,
    );
    expect(await reported({ order: ['talk', ['prose', 'code', 'talk']] })).toMatch(/order: lists a domain twice/);
    expect(await reported({ mix: 2 })).toMatch(/data\.versions\.mix: 2 is not at most 1/);
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

  test('numbers in a given order have the names that documents give them', async () => {
    const numbered = rows.map((row, index) => ({ ...row, year: [2021, 20.5, 1e3][index % 3]! }));
    const base = folder();
    write(base, { 'rows.jsonl': jsonl(numbered) });
    const named = async (order: readonly (string | number)[]) => {
      const versions = { by: 'field' as const, order: [...order] };
      return (await prepare(base, { sources: [FIELDS], versions })).data.versions.map(({ name }) => name);
    };
    expect(await named([2021, 20.5, 1e3])).toEqual(['2021', '20.5', '1000']);
    expect(await named(['1000', 2021, '20.5'])).toEqual(['1000', '2021', '20.5']);
    const kinds = {
      sources: [{ ...FIELDS, domainField: 'year' }],
      versions: { by: 'domain' as const, order: [1e3, [20.5, 2021]] },
    };
    expect((await prepare(base, kinds)).data.versions.map(({ name }) => name)).toEqual(['1000', '20.5 + 2021']);
  });

  test('an order that the names only may mean is reported, also when the corpus is opened again', async () => {
    const base = folder();
    const reported = async (values: readonly (string | number)[], more: object = {}) => {
      write(base, {
        'rows.jsonl': jsonl(rows.map((row, index) => ({ ...row, year: values[index % values.length]! }))),
      });
      const versions = { by: 'field' as const, ...more };
      const { progress } = await prepare(base, { sources: [FIELDS], versions });
      return progress.filter(({ stage }) => stage === 'order').map(({ message }) => message);
    };
    const message = '"2024-10" is taken to arrive before "2024-9"; if that is wrong, list all in data.versions.order';
    expect(await reported(['2024-9', '2024-10'])).toEqual([message]);
    expect(await reported(['2024-9', '2024-10'])).toEqual([message]);
    expect(await reported(['2024-9', '2024-10'], { order: ['2024-9', '2024-10'] })).toEqual([]);
    expect(await reported(['3.9', '3.10'])).toEqual([expect.stringMatching(/^"3.10" is taken to arrive before "3.9"/)]);
    expect(await reported(['v1', 'v10', 'v2'])).toEqual([expect.stringMatching(/^"v10" is taken .* "v2"/)]);
    for (const clear of [
      ['2024-09', '2024-10'],
      ['8', '9', '10'],
      ['01', '1'],
      [0.5, 0.25, -3],
      ['a', 'b'],
    ])
      expect(await reported(clear)).toEqual([]);
  });

  test('the earliest version keeps a duplicate', async () => {
    const doubled = [
      ...rows,
      ...rows.map((row) => ({ ...row, year: '2019', name: `copy of ${row.name}` })).slice(0, 60),
    ];
    const base = fixture(doubled);
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field' } });
    const read = (one: PreparedData) => listed(one);
    expect(read(data).match(/copy of/g)).toHaveLength(60);
    expect(read(data).trim().split('\n')).toHaveLength(rows.length);
    const all = await prepare(base, { sources: [FIELDS], versions: { by: 'field' }, deduplicate: 'none' });
    expect(read(all.data).trim().split('\n')).toHaveLength(doubled.length);
  });

  test('too little text is reported with the available amount and a remedy', async () => {
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

  test('a version whose documents are all duplicates of an earlier one says so', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl(rows), 'b.jsonl': jsonl(rows.slice(0, 40)) });
    const message = await problemsOf(base, { sources: ['a.jsonl', 'b.jsonl'], versions: { by: 'source' } });
    expect(message).toMatch(
      /too little text .*: version b\.jsonl has 0; of 200 documents of \d+ bytes, \d+ of duplicates of other documents, kept in the earliest version only, \d+ held out/,
    );
    expect(message).toMatch(/-> Add text/);
  });

  test('a single document cannot be both trained on and held out', async () => {
    const base = folder();
    write(base, { 'book.jsonl': jsonl([{ text: text('book', 500) }]), 'none.jsonl': '{"text":""}\n' });
    const message = await problemsOf(base, { sources: ['*.jsonl'] });
    expect(message).toMatch(/^data\.heldOut: no held-out sequence .*, 1 document\) -> .* split long ones/);
    // Without any text, heldOut is not the problem.
    const nothing = await problemsOf(base, { sources: ['none.jsonl'] });
    expect(nothing).toMatch(/^data\.versions: too little text .* -> Add text/);
    expect(nothing).not.toContain('heldOut:');
  });

  test('no piece of a held-out document is trained on as a piece of another', async () => {
    const base = folder();
    // Two releases of each long document, different only in the last line.
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
      const lines = listed(data).trim().split('\n');
      const pieces = lines.map((line) => JSON.parse(line) as { digest: string; split: string });
      const heldOut = new Set(pieces.filter(({ split }) => split === 'held-out').map(({ digest }) => digest));
      expect(heldOut.size).toBeGreaterThan(10);
      return pieces.filter(({ split, digest }) => split === 'train' && heldOut.has(digest)).length;
    };
    expect(await shared({})).toBe(0);
    expect(await shared({ deduplicate: 'none' })).toBeGreaterThan(0);
  });
});

describe('many small domains', () => {
  const sites = (count: number, documents: number) =>
    Array.from({ length: count * documents }, (_, index) => ({
      text: text(`page ${index}`, 2),
      site: `site${index % count}`,
      year: String(2020 + (index % 2)),
    }));
  const corpora = [
    [100, 12],
    [400, 3],
  ] as const;
  const configs: readonly DataConfig['versions'][] = [{ by: 'random', count: 2 }, { by: 'field' }];

  test.each(corpora.flatMap((size) => configs.map((versions) => [...size, versions] as const)))(
    '%i sites of %i documents, versions %o: as much is trained on and held out as with one domain',
    async (count, documents, versions) => {
      const base = folder();
      write(base, { 'rows.jsonl': jsonl(sites(count, documents)) });
      const source = { files: 'rows.jsonl', versionField: 'year' };
      const { data: one } = await prepare(base, { sources: [source], versions }, 64);
      const { data } = await prepare(base, { sources: [{ ...source, domainField: 'site' }], versions }, 64);
      const share = (of: PreparedData, part: 'inSequences' | 'heldOut') => of.account[part] / of.account.read;
      expect(share(data, 'inSequences')).toBeGreaterThan(share(one, 'inSequences') - 0.03);
      expect(Math.abs(share(data, 'heldOut') - share(one, 'heldOut'))).toBeLessThan(0.03);
      const sizes = data.versions.map(({ sequences }) => sequences);
      expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.05);
    },
  );

  test('a large domain among them keeps sequences of its own, and every byte is accounted for', async () => {
    const base = folder();
    const large = Array.from({ length: 300 }, (_, index) => ({ text: text(`large ${index}`, 6), site: 'large' }));
    const rows = [...sites(40, 4), ...large, ...large.slice(0, 20)];
    write(base, { 'rows.jsonl': jsonl(rows) });
    const source = { files: 'rows.jsonl', domainField: 'site' };
    const { data } = await prepare(base, { sources: [source], versions: { by: 'random', count: 2, tokens: 8000 } }, 64);
    const { account } = data;
    const bytes = (list: readonly { readonly text: string }[]) =>
      list.reduce((sum, row) => sum + Buffer.byteLength(row.text), 0);
    expect(account.documents).toBe(rows.length);
    expect(account.read).toBe(bytes(rows));
    expect(account.duplicate).toBe(bytes(large.slice(0, 20)));
    expect(account.duplicate + account.repeated + account.heldOut + account.train).toBe(account.read);
    expect(account.inSequences).toBe(data.versions.reduce((sum, version) => sum + version.bytes, 0));
    expect(account.inSequences).toBeLessThan(account.train);
    const ids = data.groups.filter(({ domain }) => domain === 'large').map(({ first, count }) => range(first, count));
    for (const own of ids) expect(rejoin(data, own)).not.toContain('page');
  });
});
