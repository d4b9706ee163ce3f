import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { SETTINGS } from '../../test/tokenizer-settings.js';
import type { TokenizerChoice } from './open.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const NODE = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register', 'test/open-tokenizer.ts'];

test('tokenizers that need the library say so where it has no binary; bytes need none', () => {
  const base = folder();
  write(base, { 't.json': JSON.stringify([...SETTINGS.values()][0]) });
  // Processes of their own: a library is loaded once.
  const open = (tokenizer: TokenizerChoice): unknown =>
    JSON.parse(
      execFileSync(process.execPath, [...NODE, JSON.stringify(tokenizer), base], { cwd: PACKAGE, encoding: 'utf8' }),
    );
  for (const tokenizer of [{ tiktoken: 'gpt2' }, { file: 't.json' }] as const)
    expect(open(tokenizer)).toEqual([
      null,
      [
        {
          configPath: 'data.tokenizer',
          message: `the npm package tokenizers has no binary that can be loaded on ${process.platform} ${process.arch}: Cannot find module '/none.node'`,
          remedy: expect.stringContaining('or the tokenizer "bytes"') as unknown,
        },
      ],
    ]);
  expect(open('bytes')).toEqual(['bytes', []]);
});
