import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assembled, TARGET } from '../../test/assembled.js';

it('vector.wasm.ts matches vector.wat', async () => {
  expect(readFileSync(TARGET, 'utf8')).toBe(await assembled());
});
