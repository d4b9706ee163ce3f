import { readFileSync } from 'node:fs';
import path from 'node:path';
import { allHeldOut } from '@branchline/core';
import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import gpt2 from 'js-tiktoken/ranks/gpt2';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, prepare, problemsOf, range, rows } from '../../test/corpus.js';
import { folder, write } from '../../test/fixtures.js';
import { SIGNS } from '../../test/tokenizer-settings.js';
import type { PreparedData } from '../sequences/prepared.js';
import { keptFile } from './keep.js';
import { encodeDocuments } from './open.js';
import { tiktoken } from './tiktoken.js';

const versions = { by: 'random', count: 2 } as const;

/** A byte-level `tokenizer.json` with a few merges. */
const tokenizerJson = (end = '</s>') => {
  const merges = [
    ['r', 'a'],
    ['i', 'l'],
    ['ra', 'il'],
    ['Ġ', 'rail'],
  ];
  const tokens = [end, ...SIGNS, ...merges.map((pair) => pair.join(''))];
  return {
    version: '1.0',
    added_tokens: [
      { id: 0, content: end, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', unk_token: null, vocab: Object.fromEntries(tokens.map((one, id) => [one, id])), merges },
  };
};

/** Bytes of held-out text as the evaluation counts them, and the number of its tokens. */
const heldOut = (data: PreparedData) => {
  const { parts } = allHeldOut(data);
  const sequences = parts.reduce((sum, part) => sum + part.sequences.length, 0);
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), tokens: sequences * data.context };
};

describe('tiktoken', () => {
  test('decoded sequences join to the documents, with exact byte counts', async () => {
    const { data } = await prepare(fixture(), { sources: [FIELDS], versions, tokenizer: { tiktoken: 'gpt2' } });
    expect([data.tokenizer, data.vocabulary]).toEqual([
      { name: 'tiktoken 0.14 gpt2', endOfDocument: 50256, files: [] },
      50257,
    ]);
    const decoder = new Tiktoken(gpt2);
    const texts = new Set(rows.map(({ text }) => text));
    for (const { first, count } of data.groups) {
      const tokens = [...data.read(range(first, count))].filter((_, index) => index < 33 || index % 33 !== 0);
      const documents = decoder.decode(tokens).split('<|endoftext|>').slice(0, -1);
      expect(documents.length).toBeGreaterThan(5);
      for (const document of documents) expect(texts).toContain(document);
    }
    const { bytes, tokens } = heldOut(data);
    expect(bytes / tokens).toBeGreaterThan(2);
  });

  test('counts the bytes of any text exactly and encodes special tokens as text', async () => {
    const tokenizer = await tiktoken('gpt2');
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<|endoftext|>', 'rail line', '\n\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
        const text = Buffer.from(pieces.join(''));
        const { tokens } = (await encodeDocuments([text], tokenizer))[0]!;
        expect(tokens.reduce((sum, token) => sum + tokenizer.byteLength!(token), 0)).toBe(text.length);
        expect(tokens.indexOf(tokenizer.endOfDocument)).toBe(tokens.length - 1);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('rejects an unknown encoding', async () => {
    expect(await problemsOf(fixture(), { sources: [FIELDS], tokenizer: { tiktoken: 'gpt5' } })).toMatch(
      /data\.tokenizer\.tiktoken: .*"gpt2"/,
    );
  });
});

describe('a tokenizer.json', () => {
  const corpus = async (files: Record<string, string>, tokenizer: object) => {
    const base = fixture();
    write(base, files);
    return (await prepare(base, { sources: [FIELDS], versions, tokenizer: { file: 'tokenizer.json', ...tokenizer } }))
      .data;
  };

  const prepared = async (json: string) => {
    const base = fixture();
    write(base, { 't.json': json });
    return { base, ...(await prepare(base, { sources: [FIELDS], versions, tokenizer: { file: 't.json' } })) };
  };

  test('gives the same digest from any path, and its end-of-text token is found', async () => {
    const json = JSON.stringify(tokenizerJson());
    const data = await corpus({ 'tokenizer.json': json }, {});
    expect(data.vocabulary).toBe(261);
    const tokens = data.read(range(0, 20));
    expect(tokens).toContain(0);
    // " rail" is one token.
    expect(tokens).toContain(260);
    // Bytes are spread over tokens: nearly one for each here, and none for the ends.
    const counted = heldOut(data);
    expect(counted.bytes / counted.tokens).toBeGreaterThan(1);
    expect(counted.bytes / counted.tokens).toBeLessThan(1.3);
    const moved = await corpus({ 'elsewhere/t.json': json }, { file: 'elsewhere/t.json' });
    expect(moved.digest).toBe(data.digest);
    const other = { 'tokenizer.json': JSON.stringify(tokenizerJson('[stop]')) };
    const named = await corpus(other, { endOfDocument: '[stop]' });
    const configured = await corpus({ ...other, 'tokenizer_config.json': '{"eos_token":{"content":"[stop]"}}' }, {});
    expect(named.digest).toBe(configured.digest);
    expect(named.digest).not.toBe(data.digest);
    expect(configured.tokenizer.files.map(({ name }) => name)).toEqual(['tokenizer.json', 'tokenizer_config.json']);
  });

  test('keeps its digest when only decoding, padding, truncation or formatting change, and its files are kept', async () => {
    const { data } = await prepared(JSON.stringify(tokenizerJson()));
    const changed = {
      ...{ ...tokenizerJson(), decoder: { type: 'Fuse' } },
      truncation: { direction: 'Right', max_length: 2, strategy: 'LongestFirst', stride: 0 },
    };
    const other = await prepared(JSON.stringify(changed, null, 1));
    expect(other.data.digest).toBe(data.digest);
    expect(other.data.tokenizer).toMatchObject({ name: data.tokenizer.name, endOfDocument: 0 });
    const [file] = other.data.tokenizer.files;
    expect(readFileSync(keptFile(path.join(other.base, 'cache'), file!.digest), 'utf8')).toBe(
      JSON.stringify(changed, null, 1),
    );
    const merged = tokenizerJson();
    merged.model.merges.pop();
    expect((await prepared(JSON.stringify(merged))).data.digest).not.toBe(data.digest);
  });

  test('that draws merges at random is refused by name', async () => {
    const json = tokenizerJson();
    const base = fixture();
    write(base, { 't.json': JSON.stringify({ ...json, model: { ...json.model, dropout: 0.1 } }) });
    expect(await problemsOf(base, { sources: [FIELDS], tokenizer: { file: 't.json' } })).toMatch(
      /data\.tokenizer\.file: t\.json has model\.dropout 0\.1: .* -> Set model\.dropout to null/,
    );
  });

  test('that cannot encode a text is reported with the name of the text', async () => {
    const base = fixture();
    const words = { type: 'WordLevel', vocab: { '</s>': 0, rail: 1 }, unk_token: '<unk>' };
    const more = { pre_tokenizer: { type: 'Whitespace' }, decoder: null, post_processor: null };
    write(base, { 't.json': JSON.stringify({ ...tokenizerJson(), ...more, model: words }) });
    expect(await problemsOf(base, { sources: [FIELDS], tokenizer: { file: 't.json' } })).toMatch(
      /data\.tokenizer: cannot turn row-0 of rows\.jsonl into tokens: .* -> Use a tokenizer that covers/,
    );
  });

  test('that cannot be used is reported with a remedy', async () => {
    const base = folder();
    write(base, {
      'a.txt': 'a',
      'list.json': '[]',
      'broken.json': '{"model":',
      'latin.json': Buffer.from([0x22, 0xe9, 0x22]),
      'other.json': JSON.stringify({ ...tokenizerJson(), model: { type: 'Magic' } }),
      'stop.json': JSON.stringify(tokenizerJson('[stop]')),
    });
    const reported = (file: string, more = {}) =>
      problemsOf(base, { sources: ['a.txt'], tokenizer: { file, ...more } });
    expect(await reported('no.json')).toMatch(/data\.tokenizer\.file: there is no no\.json in /);
    for (const file of ['list.json', 'broken.json', 'latin.json', 'other.json', path.join(base, 'a.txt')])
      expect(await reported(file), file).toMatch(
        /data\.tokenizer\.file: .* cannot be used as a tokenizer: .* -> Use a/,
      );
    expect(await reported('stop.json')).toMatch(
      /data\.tokenizer\.endOfDocument: cannot be determined from stop\.json -> Name the/,
    );
    expect(await reported('stop.json', { endOfDocument: '</s>' })).toMatch(/stop\.json has no token "<\/s>"/);
  });
});
