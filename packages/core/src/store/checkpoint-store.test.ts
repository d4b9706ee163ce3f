import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BranchlineError } from '../errors.js';
import { digestBytes } from '../json.js';
import { CheckpointStore } from './checkpoint-store.js';
import { encodeSafetensors } from './safetensors.js';

const base = mkdtempSync(join(tmpdir(), 'branchline-store-'));
afterAll(() => rmSync(base, { recursive: true }));

const key = digestBytes('a state');
const draft = { key, root: key, steps: 0, optimizerStep: 3, kind: 'step' } as const;
const tensors = [{ name: 'w', dtype: 'F32', shape: [2], data: new Uint8Array(Float32Array.of(1, 2).buffer) }] as const;
const file = Buffer.concat(encodeSafetensors(tensors));

let stores = 0;
const opened = () => CheckpointStore.open(join(base, String(stores++), 'checkpoints'), () => undefined);

test('a file from a trainer and arrays from a trainer give the same checkpoint', async () => {
  const [byFile, byArrays] = [await opened(), await opened()];
  const one = await byFile.write(draft, async (to) => {
    await to.writeFile!('weights', async (path) => writeFileSync(path, file));
  });
  const two = await byArrays.write(draft, (to) => to.write('weights', tensors));
  expect(one).toEqual(two);
  const reader = await byFile.open(key);
  expect(readFileSync(reader.file!('weights'))).toEqual(file);
  expect(await reader.read('weights')).toEqual(tensors);
  expect(await reader.read('optimizer')).toEqual([]);
});

test('a trainer that fails or writes no file leaves nothing', async () => {
  const store = await opened();
  const failing = store.write(draft, (to) =>
    to.writeFile!('weights', async (path) => {
      writeFileSync(path, file);
      throw new BranchlineError('trainer', { message: 'out of memory' });
    }),
  );
  await expect(failing).rejects.toThrow('out of memory');
  const without = store.write(draft, (to) => to.writeFile!('weights', async () => undefined));
  await expect(without).rejects.toThrow('could not be written');
  expect(store.has(key)).toBe(false);
  expect(readdirSync(join(base, String(stores - 1), 'checkpoints'))).toEqual([]);
});

test('a file that was changed is never handed to a trainer', async () => {
  const store = await opened();
  await store.write(draft, (to) => to.write('weights', tensors));
  appendFileSync((await store.open(key)).file!('weights'), 'x');
  await expect(store.open(key)).rejects.toMatchObject({ code: 'damaged' });
  expect(store.has(key)).toBe(false);
});

test('a store that is only looked at leaves a damaged checkpoint where it is', async () => {
  const store = await opened();
  await store.write(draft, (to) => to.write('weights', tensors));
  const directory = join(base, String(stores - 1), 'checkpoints');
  appendFileSync((await store.open(key)).file!('weights'), 'x');
  const looked = await CheckpointStore.look(directory);
  await expect(looked.store.open(key)).rejects.toMatchObject({
    code: 'damaged',
    problems: [{ remedy: expect.stringContaining('--set-aside') as unknown }],
  });
  expect(readdirSync(directory)).toEqual([key]);
});
