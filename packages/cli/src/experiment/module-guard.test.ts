import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadExperiment } from '@branchline/api';
import { PluginFinder } from '@branchline/api/internal';
import { folder } from '@branchline/api/test/corpus.js';
import { expect, it, onTestFinished } from 'vitest';
import { guardModule } from './module-guard.js';

const message = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

it.each([
  ['ends the process', '\nprocess.exit(0);', ':2:9: ends the process: process.exit(0)'],
  [
    'leaves an error that nothing catches',
    'queueMicrotask(() => { throw new Error("stray"); });\nawait new Promise(() => {});',
    'stray',
  ],
])('a module that %s is reported, with its line', async (_, code, expected) => {
  const directory = folder();
  const exit = Object.getOwnPropertyDescriptor(process, 'exit');
  const rethrow = (error: Error) => {
    throw error;
  };
  process.on('uncaughtException', rethrow);
  onTestFinished(() => void process.off('uncaughtException', rethrow));
  const listeners = process.listeners('uncaughtException');
  const loading = { guard: guardModule, timeout: 2000 };
  for (const name of ['a.mjs', 'b.mjs']) writeFileSync(join(directory, name), code);
  expect(await message(loadExperiment(join(directory, 'a.mjs'), loading))).toContain(expected);
  expect(await message(new PluginFinder(directory, loading).find('./b.mjs'))).toContain(expected);
  expect(Object.getOwnPropertyDescriptor(process, 'exit')).toEqual(exit);
  expect(process.listeners('uncaughtException')).toEqual(listeners);
});
