import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { SETTINGS, TEXTS } from '../../test/tokenizer-settings.js';
import { byteTokenizer } from './bytes.js';
import { huggingFace } from './hugging-face.js';
import { keepTokenizer, openKeptTokenizer } from './keep.js';
import { openRust } from './rust.js';
import { tiktoken } from './tiktoken.js';
import type { Tokenizer } from './tokenizer.js';

/** The pieces of a text that follows `before`, and what comes at the end. */
async function streamed(tokenizer: Tokenizer, tokens: ArrayLike<number>, before: readonly number[] = []) {
  const stream = tokenizer.textAfter(before);
  const pieces: string[] = [];
  for (const token of Array.from(tokens)) pieces.push(await stream.push(token));
  return [...pieces, await stream.end()];
}

const encoded = async (tokenizer: Tokenizer, text: string) => (await tokenizer.encode([Buffer.from(text)]))[0]!;

async function opened(json: object, files: Record<string, string> = {}): Promise<Tokenizer> {
  const base = folder();
  write(base, { 't.json': JSON.stringify(json), ...files });
  return (await huggingFace({ file: 't.json' }, base, []))!;
}

describe('bytes', () => {
  test('give a character once it is complete, and U+FFFD for what is no UTF-8', async () => {
    expect(await streamed(byteTokenizer, Buffer.from('a日b'))).toEqual(['a', '', '', '日', 'b', '']);
    // Two bytes of three, and the end of a document, which has no text.
    expect(await streamed(byteTokenizer, [0xe6, 0x97, 256])).toEqual(['', '', '', '\uFFFD']);
    expect(await streamed(byteTokenizer, [0xff, 0x61])).toEqual(['\uFFFD', 'a', '']);
  });

  test.each([
    ['bytes', () => Promise.resolve(byteTokenizer)],
    ['tiktoken gpt2', () => tiktoken('gpt2')],
  ])('the pieces of any text join to it: %s', async (_name, open) => {
    const tokenizer = await open();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 12 }), async (text) => {
        expect((await streamed(tokenizer, await encoded(tokenizer, text))).join('')).toBe(text);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test('any bytes give the text that a decoder of all of them gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 12 }), async (bytes) => {
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect((await streamed(byteTokenizer, bytes)).join('')).toBe(whole);
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const METASPACE = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
/** As in the files of Llama 2. */
const LLAMA = {
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    { type: 'Strip', content: ' ', start: 1, stop: 0 },
  ],
};

describe('a tokenizer.json', () => {
  test.each([
    ['byte level false true', BYTE_LEVEL],
    ['metaspace always true', METASPACE],
    ['unigram', METASPACE],
    ['unigram with byte fallback', LLAMA],
    ['prepend and replace', LLAMA],
    ['word piece Whitespace', { type: 'WordPiece', prefix: '##', cleanup: false }],
    ['suffix of words', { type: 'BPEDecoder', suffix: '</w>' }],
    ['word level Whitespace', null],
  ])('streams the text that the library gives for all tokens: %s', async (name, decoder) => {
    const json = { ...SETTINGS.get(name), decoder };
    const tokenizer = await opened(json);
    const { decode } = await openRust(JSON.stringify(json));
    for (const text of TEXTS) {
      const tokens = Array.from(await encoded(tokenizer, text));
      const all = await decode(tokens);
      expect((await streamed(tokenizer, tokens)).join('')).toBe(all);
      // After a prompt: what the library gives for both without what it gives for the prompt.
      const half = Math.floor(tokens.length / 2);
      const known = await decode(tokens.slice(0, half));
      if (!all.startsWith(known)) continue;
      const rest = (await streamed(tokenizer, tokens.slice(half), tokens.slice(0, half))).join('');
      expect(known + rest).toBe(all);
    }
  });

  test('of bytes without a decoder gives bytes, not tokens with spaces between them', async () => {
    const tokenizer = await opened(SETTINGS.get('byte level false true')!);
    for (const text of ['the rail, grüße 日本', ' the\n\nrail'])
      expect((await streamed(tokenizer, await encoded(tokenizer, text))).join('')).toBe(text);
  });
});

describe('a kept tokenizer', () => {
  test('is opened again with the same tokens and text', async () => {
    const json = [...SETTINGS.values()][0]!;
    const cache = folder();
    const tokenizers = [byteTokenizer, await tiktoken('gpt2'), await opened(json, { 'tokenizer_config.json': '{}' })];
    for (const tokenizer of tokenizers) {
      const again = await openKeptTokenizer(await keepTokenizer(tokenizer, cache), cache);
      const { name, vocabulary, endOfDocument } = tokenizer;
      expect(again).toMatchObject({ name, vocabulary, endOfDocument });
      const tokens = await encoded(tokenizer, 'the rail line');
      expect(Array.from(await encoded(again, 'the rail line'))).toEqual(Array.from(tokens));
      expect(await streamed(again, tokens)).toEqual(await streamed(tokenizer, tokens));
    }
  });

  test('that is gone, altered or unknown is refused with what to do', async () => {
    const [cache, json] = [folder(), [...SETTINGS.values()][0]!];
    const info = await keepTokenizer(await opened(json), cache);
    await expect(openKeptTokenizer(info, folder())).rejects.toThrow(/is missing/);
    write(cache, { [`tokenizers/${info.files[0]!.digest}.json`]: '{}' });
    await expect(openKeptTokenizer(info, cache)).rejects.toThrow(/is not what was written/);
    const old = { name: 'tiktoken 0.1 gpt2', endOfDocument: 1, files: [] };
    await expect(openKeptTokenizer(old, cache)).rejects.toThrow('has no tokenizer "tiktoken 0.1 gpt2"');
  });
});
