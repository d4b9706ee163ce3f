/**
 * The tokens of many settings and of tiktoken, against those of Python's `tokenizers` 0.23.3 and `tiktoken` 0.14.0,
 * recorded in `test/tokenizer-ids.json`. `python.full.test.ts` records and compares again where Python is installed.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import type { Ids } from '../../test/python.js';
import { SETTINGS, TEXTS } from '../../test/tokenizer-settings.js';
import { huggingFace } from './hugging-face.js';
import { ENCODINGS, tiktoken } from './tiktoken.js';

const recorded = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../test/tokenizer-ids.json'), 'utf8'),
) as Ids;
const texts = TEXTS.map((text) => Buffer.from(text));

test('every setting and encoding is recorded', () => {
  expect(Object.keys(recorded.settings)).toEqual([...SETTINGS.keys()]);
  expect(Object.keys(recorded.tiktoken)).toEqual(ENCODINGS);
  // Settings that no text tells apart would show nothing: most have tokens of their own.
  const distinct = new Set(Object.values(recorded.settings).map((ids) => JSON.stringify(ids)));
  expect(distinct.size).toBeGreaterThan(0.6 * SETTINGS.size);
});

describe('a tokenizer.json', () => {
  test.each([...SETTINGS])('%s', async (name, json) => {
    const base = folder();
    write(base, { 't.json': JSON.stringify(json) });
    const problems: never[] = [];
    const tokenizer = await huggingFace({ file: 't.json' }, base, problems);
    expect(problems).toEqual([]);
    expect(await tokenizer!.encode(texts)).toEqual(recorded.settings[name]);
  });
});

describe('tiktoken', () => {
  test.each(ENCODINGS)('%s', { timeout: 300_000 }, async (encoding) => {
    expect(await (await tiktoken(encoding)).encode(texts)).toEqual(recorded.tiktoken[encoding]);
  });

  test('encodes a word of 100,000 letters without blocking', { timeout: 300_000 }, async () => {
    const letters = Array.from({ length: 100_000 }, (_, index) => 'ACGT'[((index * index) % 1009) % 4]).join('');
    const tokenizer = await tiktoken('cl100k_base');
    await tokenizer.encode([]);
    let isHeard = false;
    setImmediate(() => {
      isHeard = true;
    });
    const [tokens] = await tokenizer.encode([Buffer.from(letters)]);
    expect(isHeard).toBe(true);
    const bytes = Array.from(tokens!).reduce((sum, token) => sum + tokenizer.byteLength!(token), 0);
    expect(bytes).toBe(100_000);
    expect(tokens!.length).toBeLessThan(70_000);
  });
});
