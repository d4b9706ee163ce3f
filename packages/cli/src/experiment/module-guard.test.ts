import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, PluginFinder } from '@branchline/api/internal';
import { folder } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { guardModule } from './module-guard.js';

const message = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

it.each([
  ['ends the process', '\nprocess.exit(0);', 'a.mjs:2:9: ends the process: process.exit(0)'],
  ['leaves an error that nothing catches', 'queueMicrotask(() => { throw new Error("stray"); });', 'stray'],
])('a module that %s is reported, with its line', async (_, code, expected) => {
  const directory = folder();
  const late = code.includes('stray') ? '\nexport default new Promise(() => {});' : '';
  writeFileSync(join(directory, 'a.mjs'), `${code}${late}`);
  const exit = Object.getOwnPropertyDescriptor(process, 'exit');
  const listeners = process.listeners('uncaughtException');
  const loading = { guard: guardModule, timeout: 2000 };
  expect(await message(loadConfig(join(directory, 'a.mjs'), loading))).toContain(expected);
  writeFileSync(
    join(directory, 'b.mjs'),
    `${code.replace('stray', 'stray')}${late && '\nawait new Promise(() => {});'}`,
  );
  expect(await message(new PluginFinder(directory, loading).find('./b.mjs'))).toContain(
    expected.replace('a.mjs', 'b.mjs'),
  );
  expect(Object.getOwnPropertyDescriptor(process, 'exit')).toEqual(exit);
  expect(process.listeners('uncaughtException')).toEqual(listeners);
});
