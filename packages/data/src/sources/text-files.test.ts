/** Text files as people have them: one long file, documents between delimiters, other encodings. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { listed, prepare, problemsOf } from '../../test/corpus.js';
import { folder, jsonl, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import type { PreparedData } from '../sequences/prepared.js';
import { separatorOf, splitBytes } from './split-bytes.js';

const versions = { by: 'random', count: 2 } as const;
const read = async (base: string, source: DataConfig['sources'], more: Partial<DataConfig> = {}) =>
  (await prepare(base, { sources: source, versions, ...more }, 16)).data;
const refused = (base: string, sources: unknown, more: object = {}) =>
  problemsOf(base, { sources, versions, ...more }, 16);
const documents = (data: PreparedData) =>
  listed(data)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; split: string; bytes: number; version: number });

const stories = Array.from({ length: 40 }, (_, index) => text(`story ${index}`, 4));

describe('one text file', () => {
  test.each([200, 20_000])('of %i lines is divided into pieces, some of them held out', async (lines) => {
    const base = folder();
    const content = text('book', lines);
    write(base, { 'input.txt': content });
    const pieces = documents(await read(base, 'input.txt', { versions: { by: 'random', count: 4 } }));
    expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(content));
    const heldOut = pieces.filter(({ split }) => split === 'held-out');
    expect(new Set(heldOut.map(({ version }) => version)).size).toBe(4);
    const size = Math.min(16_384, Math.max(1024, Buffer.byteLength(content) / 256));
    expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(size);
    expect(pieces.length).toBeGreaterThan(Buffer.byteLength(content) / size / 2);
  });

  test('gives the same corpus plain, packed, with a mark and as each source of several', async () => {
    const base = folder();
    const content = text('book', 300);
    write(base, { 'a.txt': content, 'b.txt.gz': gzipSync(content), 'c.txt': `\uFEFF${content}` });
    const digests = [];
    for (const file of ['a.txt', 'b.txt.gz', 'c.txt']) digests.push((await read(base, file)).digest);
    expect(new Set(digests).size).toBe(1);
    write(base, { 'd.txt': text('other book', 300) });
    const bySource = await read(base, ['a.txt', 'd.txt'], { versions: { by: 'source' } });
    expect(bySource.versions.map(({ name }) => name)).toEqual(['a.txt', 'd.txt']);
  });

  test('may be longer than a document', async () => {
    const base = folder();
    const line = text('line', 1).split('\n')[1]!;
    const content = Array.from({ length: 1_800_000 }, (_, index) => `${index} ${line}\n`).join('');
    expect(content.length).toBeGreaterThan(64 * 2 ** 20);
    write(base, { 'long.txt': content });
    // A short sequence of every piece would take long to pack.
    const pieces = documents(
      await read(base, 'long.txt', { maxDocumentBytes: '1MB', versions: { by: 'random', count: 1, tokens: 1000 } }),
    );
    expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(content));
    expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 ** 18);
    write(base, { 'two/a.txt': 'a', 'two/b.txt': content });
    expect(await refused(base, 'two')).toMatch(
      /a text file is one document and has at most 67108864 bytes: two\/b\.txt -> Divide/,
    );
  }, 120_000);
});

describe('a delimiter', () => {
  test.each([
    ['<|endoftext|>', '<|endoftext|>', '\n'],
    ['\n\n', '\n\n', '\n'],
    ['\\n\\n', '\n\n', '\n'],
    ['\n\n', '\r\n\r\n', '\r\n'],
    ['\r\n---\r\n', '\n---\n', '\n'],
    ['\n---\n', '\r\n---\r\n', '\r\n'],
    ['§', '§', '\n'],
  ])('%j divides text with %j', async (delimiter, written, lineEnd) => {
    const base = folder();
    const parts = stories.map((story) => story.trim().replaceAll('\n', lineEnd));
    write(base, {
      'a.txt': `${parts.join(written)}${written}\n`,
      'b.jsonl': jsonl(parts.map((one) => ({ text: one }))),
    });
    const data = await read(base, [{ files: 'a.txt', delimiter }]);
    expect(data.digest).toBe((await read(base, 'b.jsonl')).digest);
  });

  test('finds separators across chunks, and drops what is too long', async () => {
    const content = 'ab\r\n\r\ncd\n\nefghijklmnop\n\nq\n';
    for (let size = 1; size < 12; size++) {
      async function* chunks() {
        for (let at = 0; at < content.length; at += size) yield Buffer.from(content.slice(at, at + size));
      }
      const found = [];
      for await (const part of splitBytes(chunks(), separatorOf('\n\n'), 8)) found.push(part.content?.toString());
      expect(found, String(size)).toEqual(['ab', 'cd', undefined, 'q\n']);
    }
  });

  test('leaves out bad documents on request', async () => {
    const base = folder();
    const bytes = stories.map((story, index) => (index === 3 ? Buffer.from([0xff, 0xfe]) : Buffer.from(story)));
    write(base, { 'a.txt': Buffer.concat(bytes.flatMap((one) => [one, Buffer.from('%%')])) });
    expect(await refused(base, [{ files: 'a.txt', delimiter: '%%' }])).toMatch(
      /a\.txt cannot be read as text: not text in UTF-8 in document 4 -> Convert/,
    );
    const data = await read(base, [{ files: 'a.txt', delimiter: '%%', skip: 'bad' }]);
    expect(data.skipped).toEqual([
      { file: 'a.txt', reason: 'not text in UTF-8', count: 1, unit: 'document', first: [4] },
    ]);
  });

  test('that no text file can have, or none has, is refused', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl([{ text: 'a' }]), 'b.txt': stories.join('') });
    expect(await refused(base, [{ files: 'a.jsonl', delimiter: '%%' }])).toMatch(/delimiter: divides text files, but/);
    expect(await refused(base, [{ files: 'b.txt', delimiter: '%%' }])).toMatch(/delimiter: "%%" is in no file of/);
  });
});

describe('encodings', () => {
  test('a mark is dropped at the start, and is text elsewhere', async () => {
    const base = folder();
    for (const [index, story] of stories.entries()) {
      write(base, { [`plain/${index}.txt`]: story, [`marked/${index}.txt`]: `\uFEFF${story}` });
      write(base, { [`inside/${index}.txt`]: story.replace(' ', ' \uFEFF') });
      write(base, { [`packed/${index}.txt.gz`]: gzipSync(`\uFEFF${story}`) });
    }
    const digest = (await read(base, 'plain')).digest;
    for (const name of ['marked', 'packed']) expect((await read(base, name)).digest, name).toBe(digest);
    expect((await read(base, 'inside')).digest).not.toBe(digest);
  });

  test.each(['one', 'several'])('files in other encodings are refused or skipped as a whole: %s', async (count) => {
    const base = folder();
    const latin = Buffer.from(text('latin', 3000), 'latin1');
    write(base, { 'latin.txt': latin, 'utf16.txt': Buffer.from(`\uFEFF${text('wide', 30)}`, 'utf16le') });
    if (count === 'one') {
      expect(await refused(base, [{ files: 'latin.txt', skip: 'bad' }])).toMatch(/: not text in UTF-8: latin\.txt -> /);
      expect(await refused(base, 'utf16.txt')).toMatch(/: in UTF-16 or UTF-32, not UTF-8: utf16\.txt -> Convert/);
      return;
    }
    for (const [index, story] of stories.entries()) write(base, { [`${index}.txt`]: story });
    const message = await refused(base, '*.txt');
    expect(message).toMatch(/: not text in UTF-8: latin\.txt -> Convert/);
    expect(message).toMatch(/: in UTF-16 or UTF-32, not UTF-8: utf16\.txt -> Convert/);
    const data = await read(base, [{ files: '*.txt', skip: 'bad' }]);
    expect(data.skipped.map(({ file, count }) => [file, count])).toEqual([
      ['latin.txt', 1],
      ['utf16.txt', 1],
    ]);
    expect(documents(data)).toHaveLength(stories.length);
  });
});
