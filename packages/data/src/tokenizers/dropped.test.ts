import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepare } from '../../test/corpus.js';
import { folder, jsonl, makeRows, write } from '../../test/fixtures.js';
import { SETTINGS, TEXTS } from '../../test/tokenizer-settings.js';
import { droppedCounter } from './dropped.js';
import { openRust } from './rust.js';

const ALPHABET = [...'abc '];
const END = {
  id: 0,
  content: '</s>',
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
};
const tokenizer = (model: object = {}, more: object = {}) => ({
  ...{ version: '1.0', added_tokens: [END] },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(['</s>', ...ALPHABET, 'ab'].map((one, id) => [one, id])),
    merges: ['a b'],
    ...model,
  },
  ...more,
});

describe('characters without a token', () => {
  test('are counted exactly', async () => {
    const count = droppedCounter(tokenizer())!;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'abc é日🙂\n'), maxLength: 30 }), async (text) => {
        const expected = [...text].filter((one) => !ALPHABET.includes(one)).length;
        expect(await count([Buffer.from(text)])).toEqual([expected]);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('only a model that drops is counted: others give every character a token, or fail', async () => {
    const texts = TEXTS.map((text) => Buffer.from(text));
    const dropping: string[] = [];
    for (const [name, json] of SETTINGS) {
      const counts = await droppedCounter(json)?.(texts);
      if (counts?.some((one) => one > 0)) dropping.push(name);
    }
    expect(dropping).toEqual(['no unknown token']);
  });

  test('a byte-level model lacks a byte, a byte fallback is incomplete: both are counted', async () => {
    const byteLevel = tokenizer(
      {},
      { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false } },
    );
    // The space is another sign there.
    expect(await droppedCounter(byteLevel)!([Buffer.from('a b')])).toEqual([1]);
    expect(await droppedCounter(tokenizer({ byte_fallback: true }))!([Buffer.from('aé')])).toEqual([1]);
    const [tokens] = await (await openRust(JSON.stringify(byteLevel))).encode([Buffer.from('a b')]);
    expect(Array.from(tokens!)).toEqual([5]);
  });
});

test('a corpus accounts for them', async () => {
  const base = folder();
  const rows = makeRows(60).map((row) => ({
    ...row,
    text: 'abc ab é'.repeat(40) + 'abc'.repeat(row.text.length % 50),
  }));
  write(base, { 't.json': JSON.stringify(tokenizer()), 'rows.jsonl': jsonl(rows) });
  const config = { sources: 'rows.jsonl', versions: { by: 'random', count: 1 }, deduplicate: 'none' } as const;
  const { data } = await prepare(base, { ...config, tokenizer: { file: 't.json' } }, 16);
  expect(data.account.dropped).toBe(60 * 40);
  const plain = await prepare(base, config, 16);
  expect(plain.data.account).not.toHaveProperty('dropped');
});
