/**
 * Compares with the Python packages `tokenizers` and `tiktoken`, if they are installed for `python3` or for
 * `BRANCHLINE_PYTHON`. After a change of `test/tokenizer-settings.ts`, `vitest --mode full --update` on this file
 * writes `test/tokenizer-ids.json` anew.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { type Ids, idsByPython, refusalOfPython } from '../../test/python.js';
import { SETTINGS, TEXTS } from '../../test/tokenizer-settings.js';
import { huggingFace } from './hugging-face.js';
import { ENCODINGS, tiktoken } from './tiktoken.js';

const refusal = refusalOfPython();

if (refusal !== undefined) console.warn(`SKIPPED: all comparisons with Python's tokenizers and tiktoken. ${refusal}`);

describe.skipIf(refusal !== undefined)('Python', () => {
  test('gives the recorded tokens', { timeout: 300_000 }, async () => {
    await expect(await idsByPython(TEXTS)).toMatchFileSnapshot('../../test/tokenizer-ids.json');
  });

  test('gives the same tokens for random texts', { timeout: 600_000 }, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ' ',
        '  ',
        '\n',
        '\r\n',
        "'s",
        "'S",
        'the',
        'rail',
        'Ü',
        'ß',
        'e\u0301',
        '日本',
        '12',
        '👍🏽',
        '!',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.tuple(fc.constantFrom(' ', 'a', '=', '0', 'ab'), fc.integer({ min: 1, max: 90 })).map(([a, n]) => a.repeat(n)),
    );
    const texts = fc.sample(
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      { seed: 7, numRuns: 600 },
    );
    const expected = JSON.parse(await idsByPython(texts)) as Ids;
    const bytes = texts.map((text) => Buffer.from(text));
    const base = folder();
    for (const [name, json] of SETTINGS) {
      write(base, { 't.json': JSON.stringify(json) });
      const tokenizer = await huggingFace({ file: 't.json' }, base, []);
      expect(await tokenizer!.encode(bytes), name).toEqual(expected.settings[name]);
    }
    for (const name of ENCODINGS)
      expect(await (await tiktoken(name)).encode(bytes), name).toEqual(expected.tiktoken[name]);
  });
});
