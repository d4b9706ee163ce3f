/** A file of its own: the library is loaded once per process. */
import type { Problem } from '@branchline/core';
import { expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { SETTINGS } from '../../test/tokenizer-settings.js';
import { openTokenizer, type TokenizerChoice } from './open.js';

test('tokenizers that need the library say so where it has no binary; bytes need none', async () => {
  // As on a platform whose binary is missing.
  process.env.NAPI_RS_NATIVE_LIBRARY_PATH = '/none.node';
  const base = folder();
  write(base, { 't.json': JSON.stringify([...SETTINGS.values()][0]) });
  const open = async (tokenizer: TokenizerChoice) => {
    const problems: Problem[] = [];
    return [await openTokenizer({ tokenizer }, base, problems), problems];
  };
  for (const tokenizer of [{ tiktoken: 'gpt2' }, { file: 't.json' }] as const)
    expect(await open(tokenizer)).toEqual([
      undefined,
      [
        {
          configPath: 'data.tokenizer',
          message: `the npm package tokenizers has no binary that can be loaded on ${process.platform} ${process.arch}: Cannot find module '/none.node'`,
          remedy: expect.stringContaining('or the tokenizer "bytes"') as unknown,
        },
      ],
    ]);
  expect(await open('bytes')).toEqual([expect.objectContaining({ name: 'bytes' }), []]);
});
