/** Damaged or malicious input: caches, lock files, and special files such as pipes and devices. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestJson, type JsonValue, type Problem } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { FIELDS, fixture, prepare, problemsOf } from '../test/corpus.js';
import { convert, folder, jsonl, makeRows, text, write } from '../test/fixtures.js';
import { mutate, mutations } from '../test/mutations.js';
import { parseDataConfig } from './config/schema.js';
import { checkSources } from './prepare.js';
import { groupsOf, MANIFEST, parseManifest, shardsOf } from './sequences/manifest.js';
import { verify } from './sequences/shards.js';
import { lockedPackages, lockfileFiles } from './sources/lockfile.js';
import { zstdHeaders } from './sources/zstd.js';

const corpus = async () => {
  const base = fixture(makeRows(60));
  const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'random', count: 2 } });
  data.close();
  return { base, data, manifest: path.join(data.directory, MANIFEST) };
};

describe('the manifest of a prepared corpus', () => {
  test('any changed byte is reported with its file or does not change what is read', async () => {
    const { data, manifest } = await corpus();
    const written = await verify(path.dirname(data.directory), data.directory);
    if (!('manifest' in written)) throw new Error(written.damage);
    const files = [
      manifest,
      ...shardsOf(written.manifest).map(({ shard }) => path.join(path.dirname(data.directory), 'shards', shard.digest)),
    ];
    const changes = fc.record({ file: fc.constantFrom(...files), at: fc.nat(), xor: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(changes, async ({ file, at, xor }) => {
        const bytes = readFileSync(file);
        const changed = Buffer.from(bytes);
        changed[at % bytes.length]! ^= xor;
        writeFileSync(file, changed);
        const found = await verify(path.dirname(data.directory), data.directory);
        writeFileSync(file, bytes);
        if ('damage' in found) expect(found.damage).toContain(file);
        // `inputs` is informational and not verified, nor is white space.
        else
          expect({ ...found.manifest, inputs: [] }).toEqual({
            ...written.manifest,
            inputs: [],
          });
      }),
      { seed: 1, numRuns: inject('full') ? 300 : 80 },
    );
    expect(parseManifest(readFileSync(manifest, 'utf8'))).toBeDefined();
  });

  test('never lists missing sequences or other files, even with a correct digest', async () => {
    const { manifest } = await corpus();
    const good = JSON.parse(readFileSync(manifest, 'utf8')) as { content: unknown };
    let taken = 0;
    fc.assert(
      fc.property(mutations, (changes) => {
        const broken = mutate(good, changes) as { content?: JsonValue; digest?: string } | null;
        try {
          if (broken?.content) broken.digest = digestJson(broken.content);
        } catch {
          // The mutated content has no digest.
        }
        let read: ReturnType<typeof parseManifest>;
        try {
          read = parseManifest(JSON.stringify(broken));
        } catch {
          return;
        }
        taken++;
        const { parts, context, width } = read.content;
        const last = groupsOf(parts).at(-1)!;
        const tokens = parts.flatMap((part) => part.tokens);
        expect(tokens.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
          (last.first + last.count) * (context + 1) * width,
        );
        for (const { shard } of shardsOf(read)) expect(shard.digest).toMatch(/^[0-9a-f]{64}$/);
      }),
      { seed: 1, numRuns: 3000 },
    );
    // Names of versions, domains and inputs may change, so some mutations are valid.
    expect(taken).toBeGreaterThan(10);
  });

  test('a damaged manifest is reported and the same corpus is rebuilt', async () => {
    const { base, data, manifest } = await corpus();
    const good = readFileSync(manifest, 'utf8');
    const breakages: ((directory: string) => void)[] = [
      () =>
        writeFileSync(
          manifest,
          good.replace(/"digest": "[0-9a-f]{64}"(?=\s*\}\s*\])/, '"digest": "../../../rows.jsonl"'),
        ),
      () => writeFileSync(manifest, JSON.stringify({ ...(JSON.parse(good) as object), documents: null })),
      () => writeFileSync(manifest, `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      () => {
        const content = null;
        writeFileSync(manifest, JSON.stringify({ content, digest: digestJson(content), documents: null, inputs: [] }));
      },
      (directory) => {
        const { scores } = parseManifest(good).content.parts[0]!;
        const file = path.join(path.dirname(directory), 'shards', scores!.digest);
        rmSync(file);
        mkdirSync(file);
      },
      (directory) => {
        renameSync(directory, `${directory}.moved`);
        writeFileSync(directory, 'a file in place of the folder');
      },
    ];
    for (const breakIt of breakages) {
      breakIt(data.directory);
      const again = await prepare(base, { sources: [FIELDS], versions: { by: 'random', count: 2 } });
      expect(again.progress.map(({ stage }) => stage)).toContain('damaged');
      expect(again.data.digest).toBe(data.digest);
      again.data.close();
    }
  });
});

describe('sources', () => {
  const unix = process.platform !== 'win32';

  test.skipIf(!unix)('pipes and devices are reported and never opened, also behind links', async () => {
    const base = folder();
    write(base, { 'texts/a.txt': text('a') });
    execFileSync('mkfifo', [path.join(base, 'texts/pipe.txt'), path.join(base, 'package-lock.json')]);
    symlinkSync('/dev/zero', path.join(base, 'texts/zero.txt'));
    symlinkSync('..', path.join(base, 'texts/up'));
    symlinkSync('loop.txt', path.join(base, 'texts/loop.txt'));
    const reported = await problemsOf(base, {
      sources: ['texts', 'texts/pipe.txt', 'texts/zero.txt', { lockfile: 'package-lock.json' }],
    });
    expect(reported).toMatch(/data\.sources\[0\]: pipes, sockets and devices are not read: .*texts\/zero\.txt/);
    expect(reported).toMatch(/data\.sources\[1\]: pipes, sockets and devices are not read: texts\/pipe\.txt/);
    expect(reported).toMatch(/data\.sources\[2\]: pipes, sockets and devices are not read: texts\/zero\.txt/);
    expect(reported).toMatch(/data\.sources\[3\]\.lockfile: there is no package-lock\.json/);
  });

  test('any string is accepted as a pattern and never causes an internal error', async () => {
    const base = folder();
    write(base, { 'inner/deeper/texts/a.txt': text('a') });
    const sign = fc.constantFrom(
      ...'ab*?[]{}()!+@|,.\\^$ \u0000\n\u202e\u{1f600}\ud800-'.split(''),
      '..',
      '{a,b}',
      '**',
    );
    const pattern = fc.array(sign, { minLength: 1, maxLength: 40 }).map((signs) => signs.join(''));
    const long = fc.constantFrom(
      'x'.repeat(5000),
      '{a,b}'.repeat(20),
      '('.repeat(500),
      '**/'.repeat(100),
      '!(!(!(a)))',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(pattern, long), async (source) => {
        const settings = parseDataConfig({ sources: [source, { files: ['*', `!${source}`] }] });
        const problems = await checkSources(settings, { baseDirectory: path.join(base, 'inner/deeper') });
        for (const { configPath, message } of problems) expect(configPath && message).toBeTruthy();
      }),
      { seed: 1, numRuns: inject('full') ? 300 : 80 },
    );
  });

  test('reports a small file that unpacks to more than the limit of a text file', async () => {
    const base = folder();
    write(base, { 'bomb.txt.gz': gzipSync(Buffer.alloc(65 * 2 ** 20), { level: 1 }) });
    write(base, { 'other.txt': text('other') });
    expect(await problemsOf(base, { sources: [{ files: ['bomb.txt.gz', 'other.txt'] }] })).toMatch(
      /data\.sources\[0\]: more than 67108864 bytes \(the limit of a document\): bomb\.txt\.gz/,
    );
  });
});

test('reports truncated files of every format', async () => {
  const base = folder();
  const whole = jsonl(makeRows(60));
  write(base, {
    'rows.jsonl': whole,
    'cut.jsonl': whole.slice(0, -20),
    'cut.jsonl.gz': gzipSync(whole).subarray(0, 900),
  });
  const at = (name: string) => path.join(base, name);
  await convert(at('rows.jsonl'), at('cut.parquet'), '(FORMAT parquet)');
  await convert(at('rows.jsonl'), at('cut.jsonl.zst'), '(FORMAT json, COMPRESSION zstd)');
  writeFileSync(at('cut.parquet'), readFileSync(at('cut.parquet')).subarray(0, 900));
  const zstd = readFileSync(at('cut.jsonl.zst'));
  for (const length of [0, 5, 900, zstd.length - 1]) {
    writeFileSync(at('cut.jsonl.zst'), zstd.subarray(0, length));
    expect((await zstdHeaders(at('cut.jsonl.zst'))).damage, String(length)).toMatch(/cut off/);
  }
  writeFileSync(at('twice.zst'), Buffer.concat([zstd, zstd]));
  expect((await zstdHeaders(at('twice.zst'))).damage).toBeUndefined();
  const names = ['cut.jsonl', 'cut.jsonl.gz', 'cut.parquet', 'cut.jsonl.zst'];
  const reported = (await problemsOf(base, { sources: names })).split('\n');
  expect(reported).toHaveLength(names.length);
  for (const [index, name] of names.entries())
    expect(reported[index]).toMatch(
      new RegExp(
        `data\\.sources\\[${index}\\]: ${name} cannot be read as \\w+: .+ -> Repair the file, or leave it out`,
      ),
    );
});

describe('a lock file that npm did not write', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'root' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' },
      'node_modules/a/node_modules/b': { version: '1.0.0', integrity: 'sha512-y', name: 'c', os: ['linux'] },
      'packages/d': { version: '1.0.0' },
    },
  };

  test('gives packages or problems, never an internal error', async () => {
    const base = folder();
    write(base, { 'node_modules/a/package.json': '{"version":"1.0.0"}', 'node_modules/a/README.md': text('a') });
    const source = { lockfile: 'package-lock.json' };
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        write(base, { 'package-lock.json': JSON.stringify(mutate(lock, changes)) ?? '' });
        const problems: Problem[] = [];
        const packages = lockedPackages(source, 'data.sources[0]', base, problems);
        if (packages === undefined) expect(problems).not.toEqual([]);
        else
          for (const { path: file } of await lockfileFiles(source, packages, 'x', problems))
            expect(file).toContain(base);
      }),
      { seed: 1, numRuns: inject('full') ? 500 : 100 },
    );
  });

  test('never reads outside its folder', () => {
    const base = folder();
    write(base, {
      'outside/node_modules/a/package.json': '{"version":"1.0.0"}',
      'outside/node_modules/a/README.md': 'x',
    });
    const entry = { version: '1.0.0', integrity: 'sha512-x' };
    const places = ['../outside/node_modules/a', 'node_modules/../../outside/node_modules/a'];
    const packages = Object.fromEntries(places.map((place) => [place, entry]));
    write(base, { 'inside/package-lock.json': JSON.stringify({ packages }) });
    expect(lockedPackages({ lockfile: 'package-lock.json' }, 'x', path.join(base, 'inside'), [])).toEqual([]);
  });
});
