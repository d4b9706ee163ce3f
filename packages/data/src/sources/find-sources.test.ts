import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { BranchlineError } from '@branchline/core';
import { expect, test } from 'vitest';
import { convert, folder, jsonl, makeRows, text, write } from '../../test/fixtures.js';
import { type DataConfig, parseDataConfig } from '../config/schema.js';
import { checkSources, prepareData } from '../prepare.js';
import { findFiles } from '../storage/files.js';

const rows = makeRows(60);

const prepare = (base: string, config: DataConfig) =>
  prepareData(config, { context: 16, baseDirectory: base, cacheDirectory: path.join(base, 'cache') });

async function problems(base: string, config: unknown, code = 'config'): Promise<string[]> {
  const error = await prepare(base, config as DataConfig).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BranchlineError);
  expect((error as BranchlineError).code).toBe(code);
  return (error as BranchlineError).problems.map((one) => `${one.configPath}: ${one.message} -> ${one.remedy}`);
}

test('JSONL, Parquet, JSON, gzip and zstd give the same corpus', async () => {
  const base = folder();
  write(base, {
    'rows.jsonl': jsonl(rows),
    'rows.ndjson.gz': gzipSync(jsonl(rows)),
    'rows.json': JSON.stringify(rows),
  });
  const at = (name: string) => path.join(base, name);
  await convert(at('rows.jsonl'), at('rows.parquet'), '(FORMAT parquet)');
  await convert(at('rows.jsonl'), at('rows.jsonl.zst'), '(FORMAT json, COMPRESSION zstd)');
  const fields = { scoreField: 'score', domainField: 'kind', versionField: 'year', idField: 'name' };
  const digests = new Set<string>();
  for (const files of ['rows.jsonl', 'rows.ndjson.gz', 'rows.json', 'rows.parquet', 'rows.jsonl.zst'])
    digests.add((await prepare(base, { sources: [{ files, ...fields }], versions: { by: 'field' } })).digest);
  expect(digests.size).toBe(1);
});

test('fields inside objects and structs, and names with quotes, dots and slashes', async () => {
  const base = folder();
  const nested = rows.map(({ text: body, score }) => ({ meta: { 'q"s': score }, 'a.b/c~': body }));
  write(base, { "it's [nested].jsonl": jsonl(nested), 'plain.jsonl': jsonl(rows) });
  const file = path.join(base, "it's [nested].jsonl");
  await convert(file.replace('[nested]', '[[]nested]'), path.join(base, 'nested.parquet'), '(FORMAT parquet)');
  const versions = { by: 'random', count: 2 } as const;
  const expected = (await prepare(base, { sources: [{ files: 'plain.jsonl', scoreField: 'score' }], versions })).digest;
  for (const files of ["it's [nested].jsonl", 'nested.parquet']) {
    const source = { files, textField: 'a.b/c~', scoreField: 'meta.q"s' };
    expect((await prepare(base, { sources: [source], versions })).digest).toBe(expected);
  }
});

test('text files: folders, globs, exclusions, gzip, and domains by extension', async () => {
  const base = folder();
  const files = ['a.md', 'b.md', 'src/a.ts', 'src/b.ts', 'types/a.d.ts', 'types/b.d.ts', 'draft/a.md'];
  write(base, Object.fromEntries(files.map((name) => [`texts/${name}`, text(name, 30)])));
  write(base, { 'texts/c.md.GZ': gzipSync(text('c.md', 30)) });
  const versions = { by: 'random', count: 1 } as const;
  const domains = async (config: DataConfig['sources']) =>
    (await prepare(base, { sources: config, versions })).versions[0]!.domains.map(({ name }) => name);
  expect(await domains('texts')).toEqual(['default']);
  const byExtension = { domain: { by: 'extension' as const } };
  expect(await domains([{ files: 'texts', ...byExtension }])).toEqual(['docs', 'source', 'types']);
  expect(await domains([{ files: ['texts/**', '!texts/draft/**', '!**/*.ts'], ...byExtension }])).toEqual(['docs']);
  expect(await domains([{ files: ['texts', '!texts/draft', '!**/*.ts'], ...byExtension }])).toEqual(['docs']);
  const corpus = await prepare(base, { sources: ['texts/**/*.md*', { files: 'texts/src', domain: 'code' }], versions });
  expect(corpus.versions[0]).toMatchObject({ documents: 4, domains: [{ name: 'code' }, { name: 'default' }] });
});

test('excludes folders, and globs at any depth outside the folder of the experiment', async () => {
  const base = folder();
  write(base, Object.fromEntries(['a.md', 'b.txt', 'sub/c.md', 'sub/d.txt'].map((name) => [`texts/${name}`, name])));
  write(base, { 'experiment/x.md': 'x' });
  const found = async (...files: string[]) =>
    (await findFiles(files, path.join(base, 'experiment'))).map((file) => path.relative(base, file));
  expect(await found('../texts', '!../texts/sub')).toEqual(['texts/a.md', 'texts/b.txt']);
  expect(await found('../texts/**', '!../texts/sub')).toEqual(['texts/a.md', 'texts/b.txt']);
  for (const all of ['../texts', '../texts/**', '../**', path.join(base, '**')])
    expect(await found(all, '!**/*.md')).toEqual(['texts/b.txt', 'texts/sub/d.txt']);
  expect(await found('../texts/*', '!../texts/b*')).toEqual(['texts/a.md']);
});

test('folders and globs leave out run directories inside them', async () => {
  const base = folder();
  const run = ['ledger.jsonl', 'plans/a.json', 'results.json', 'checkpoints/b/manifest.json'];
  write(
    base,
    Object.fromEntries(['a.md', 'runs/notes.md', ...run.map((name) => `runs/x/${name}`)].map((name) => [name, name])),
  );
  write(base, { 'plans/a.md': 'no run: it has no ledger' });
  const found = async (pattern: string) => (await findFiles([pattern], base)).map((file) => path.relative(base, file));
  for (const all of ['.', '**', base]) expect(await found(all)).toEqual(['a.md', 'plans/a.md', 'runs/notes.md']);
  expect(await found('runs')).toEqual(['runs/notes.md']);
  // A pattern inside a run directory means its files.
  expect(await found('runs/x/*.json')).toEqual(['runs/x/results.json']);
  expect(await found('runs/x/results.json')).toEqual(['runs/x/results.json']);
  expect(await found('runs/x/plans')).toEqual(['runs/x/plans/a.json']);
});

test('tables are read as text only where that is said', async () => {
  const base = folder();
  write(base, { 'a.csv': text('a', 90), 'b.TSV': text('b', 90), 'c.csv.gz': gzipSync(text('c', 90)) });
  const versions = { by: 'random', count: 1 } as const;
  expect(await problems(base, { sources: ['*'], versions })).toEqual([
    expect.stringMatching(/neither text nor JSONL nor Parquet: a\.csv, b\.TSV, c\.csv\.gz -> .*format: "text"/),
  ]);
  const corpus = await prepare(base, { sources: [{ files: '*.{csv,TSV,gz}', format: 'text' }], versions });
  expect(corpus.account.documents).toBe(3);
});

test('text files in a source with fields have no version and no score', async () => {
  const base = folder();
  write(base, { 'a.jsonl': jsonl(rows), 'b.txt': text('b') });
  const source = { files: ['a.jsonl', 'b.txt'], versionField: 'year', scoreField: 'score', domainField: 'kind' };
  const found = await problems(base, { sources: [source], versions: { by: 'field' } });
  expect(found).toEqual([
    expect.stringMatching(/^data\.sources\[0\]\.scoreField: text files have no fields: b\.txt -> Give text files/),
    expect.stringMatching(/^data\.sources\[0\]\.versionField: text files have no fields: b\.txt/),
  ]);
});

test('reports the problems of all sources at once', async () => {
  const base = folder();
  write(base, { 'a.txt': text('a'), 'a.txt.zst': 'x', 'pdf/a.pdf': 'x', 'pdf/b.tar.gz': 'x', 'a.jsonl': jsonl(rows) });
  const sources = [
    'nowhere/*.md',
    'a.txt.zst',
    'ftp://bucket/x',
    'pdf',
    { files: 'a.txt', idField: 'id' },
    { lockfile: 'no.json' },
  ];
  const found = await problems(base, { sources, versions: { by: 'random', count: 1 } });
  expect(found).toEqual([
    `data.sources[0]: no file matches "nowhere/*.md" in ${base} -> Correct the path or glob; it is relative to the experiment file.`,
    expect.stringMatching(/^data\.sources\[1\]: neither text nor JSONL nor Parquet: a\.txt\.zst -> Convert or unpack/),
    expect.stringMatching(/^data\.sources\[2\]: "ftp:\/\/bucket\/x" is remote -> Download it/),
    expect.stringMatching(
      /^data\.sources\[3\]: has no text: neither text nor JSONL nor Parquet: pdf\/a\.pdf, pdf\/b\.tar\.gz -> /,
    ),
    expect.stringMatching(/^data\.sources\[4\]\.idField: text files have no fields/),
    expect.stringMatching(/^data\.sources\[5\]\.lockfile: there is no no\.json in /),
  ]);
  const settings = parseDataConfig({ sources, versions: { by: 'random', count: 1 } });
  const checked = await checkSources(settings, { baseDirectory: base });
  expect(checked.map((one) => `${one.configPath}: ${one.message} -> ${one.remedy}`)).toEqual(found);
  expect(await checkSources({ ...settings, sources: 'a.txt' }, { baseDirectory: base })).toEqual([]);
});

test('reports unreadable files and missing fields', async () => {
  const base = folder();
  write(base, {
    'latin.txt': Buffer.from([0xe9, 0x0a, 0xff]),
    'broken.jsonl': '{"text": "a"}\n{"text": \n',
    'rows.jsonl': jsonl(rows),
    'gaps.jsonl': jsonl(rows.map((row, index) => (index % 2 ? row : { ...row, score: 'high' }))),
    'fake.parquet': 'PAR1 it is not',
  });
  await convert(path.join(base, 'rows.jsonl'), path.join(base, 'rows.parquet'), '(FORMAT parquet)');
  const scored = (files: string, more = {}) => ({ files, scoreField: 'score', ...more });
  const config = {
    sources: [
      { files: 'latin.txt' },
      { files: 'broken.jsonl' },
      scored('rows.jsonl', { textField: 'body' }),
      scored('gaps.jsonl'),
      scored('rows.parquet', { scoreField: 'quality' }),
      { files: 'fake.parquet' },
    ],
    score: 'diversity',
    versions: { by: 'random', count: 1 },
  };
  const found = await problems(base, config, 'data');
  expect(found).toHaveLength(6);
  const all = found.join('\n');
  expect(all).toMatch(/data\.sources\[0\]: not text in UTF-8: latin\.txt/);
  expect(all).toMatch(
    /data\.sources\[1\]: broken\.jsonl cannot be read as jsonl: not JSON in line 2 -> Repair the file/,
  );
  expect(all).toMatch(
    /data\.sources\[2\]\.textField: 60 of 60 documents of rows\.jsonl have nothing in "body"; the first has \[text, score/,
  );
  expect(all).toMatch(/data\.sources\[3\]\.scoreField: 30 of 60 documents of gaps\.jsonl have no number in "score"/);
  expect(all).toMatch(
    /data\.sources\[4\]\.scoreField: rows\.parquet has no column "quality"; it has text, score, year/,
  );
  expect(all).toMatch(/data\.sources\[5\]: fake\.parquet cannot be read as parquet/);
});

test('requires the fields that score and versions need', async () => {
  const base = folder();
  write(base, { 'a.jsonl': jsonl(rows), 'b.txt': text('b') });
  const found = await problems(base, { sources: ['b.txt'], score: 'field', versions: { by: 'field' } });
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(/data\.sources\[0\]: has no scoreField/);
  expect(found[1]).toMatch(/data\.sources\[0\]: has no versionField/);
});

test('files of a folder that are no text are left out and listed; what is named itself is refused', async () => {
  const base = folder();
  const binary = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(40)]);
  write(base, {
    ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`in/${name}.txt`, text(name, 90)])),
    ...{ 'in/logo.png': 'x', 'in/a.zip': 'x', 'in/tool': binary, 'in/empty.md': '', 'in/empty.jsonl': '' },
    ...{ 'in/README': text('readme', 40), 'latin/a.txt': Buffer.from([0xe9, 0x0a, 0xff]), 'latin/b.txt': text('b') },
  });
  const versions = { by: 'random', count: 1 } as const;
  const messages: string[] = [];
  const corpus = await prepareData(
    { sources: ['in'], versions },
    {
      ...{ context: 16, baseDirectory: base, cacheDirectory: path.join(base, 'cache') },
      onProgress: ({ stage, message }) => stage === 'skipped' && messages.push(message),
    },
  );
  // One file without an extension is text.
  expect(corpus.account.documents).toBe(4);
  expect(messages).toEqual([
    'skipped 3 files, neither text nor JSONL nor Parquet: in/a.zip, in/logo.png, in/tool',
    'skipped 2 files, empty: in/empty.jsonl, in/empty.md',
  ]);
  expect(corpus.skippedFiles.map(({ file }) => file)).toEqual([
    ...['in/a.zip', 'in/empty.jsonl', 'in/empty.md', 'in/logo.png', 'in/tool'],
  ]);
  // Added later: the corpus is the same, the list is not.
  write(base, { 'in/z.gif': 'x' });
  const later = await prepare(base, { sources: ['in'], versions });
  expect([later.digest, later.skippedFiles.length]).toEqual([corpus.digest, 6]);
  // Text in another encoding is not passed over: it is text that is wanted.
  expect(await problems(base, { sources: ['latin'], versions }, 'data')).toEqual([
    expect.stringMatching(/not text in UTF-8: latin\/a\.txt -> Convert them to UTF-8/),
  ]);
  for (const name of ['in/logo.png', 'in/a.zip'])
    expect(await problems(base, { sources: [name], versions })).toEqual([expect.stringContaining(`Parquet: ${name}`)]);
  expect(await problems(base, { sources: ['in/empty.md'], versions })).toEqual([
    expect.stringContaining('has no text: empty: in/empty.md'),
  ]);
});
