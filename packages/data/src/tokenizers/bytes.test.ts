import { expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { byteTokenizer } from './bytes.js';
import { huggingFace } from './hugging-face.js';

const [settings, config] = byteTokenizer.files.map(
  ({ content }) => JSON.parse(Buffer.from(content).toString()) as object,
);

test("its files give the bytes of a text to the library of Hugging Face, and the end of a document's token", async () => {
  const base = folder();
  // Another formatting: the file itself is recognized, and the library is not asked.
  write(base, { 'tokenizer.json': JSON.stringify(settings), 'tokenizer_config.json': JSON.stringify(config) });
  const opened = (await huggingFace({ file: 'tokenizer.json' }, base, []))!;
  expect(opened.name).toMatch(/^tokenizers /);
  expect([opened.vocabulary, opened.endOfDocument]).toEqual([257, 256]);
  const texts = ['plain words\r\n', '\t naïve 日本 👍🏽 \u0000\u00ad', '<|endoftext'].map((text) => Buffer.from(text));
  const encoded = await opened.encode(texts);
  expect(encoded.map((ids) => [...Array.from(ids)])).toEqual(texts.map((text) => [...text]));
});

test('its own file is opened as bytes', async () => {
  const base = folder();
  write(base, { 'tokenizer.json': Buffer.from(byteTokenizer.files[0]!.content).toString() });
  expect(await huggingFace({ file: 'tokenizer.json' }, base, [])).toBe(byteTokenizer);
});
