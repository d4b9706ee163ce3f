/** Corpus digests that published results depend on; they must not change. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { FIELDS, fixture, prepare } from '../test/corpus.js';
import { folder } from '../test/fixtures.js';
import { type DataConfig, prepareData } from './index.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

test('the corpus of the quick experiment', async () => {
  // As in examples/quick.config.ts; an upgrade of one of these packages changes text and digest.
  const packages = [
    ...['@nx/*', '@tensorflow/*', '@typescript-eslint/*', '@vitest/*', 'cli-table3', 'd3-*', 'eslint', 'eventemitter3'],
    ...['fast-check', 'playwright-core', 'proper-lockfile', 'semver', 'tsyringe', 'typescript'],
    ...['typescript-eslint', 'vite', 'vitest', 'yaml', 'yargs', 'zod'],
  ];
  const data = await prepareData(
    {
      sources: [{ lockfile: 'package-lock.json', packages, bytesPerDomain: '500KB' }],
      versions: { by: 'random', count: 4, tokens: 245_760 },
      score: 'diversity',
    },
    { context: 128, baseDirectory: ROOT, cacheDirectory: folder() },
  );
  expect(data.digest).toBe('911617d5ddce869a10def144efca6c9eaa812523ffa7459346f7da297f57626e');
  data.close();
});

const versions = { by: 'random', count: 3 } as const;
test.each<[string, Partial<DataConfig>]>([
  ['c8a6face894e01ed0bad7ee4f6c002855f7de10edfb8e6124708018333de70f4', { versions, score: 'diversity' }],
  [
    '5145fec8582b9b497c2f255f9b3e8c0a8830fb433438b8cd41f30cbb20ad902d',
    { versions: { by: 'field' }, deduplicate: 'none' },
  ],
  ['db7731a4aec71bbf7e89c99c199f0decef0b687e2890d9299242687e9524299c', { versions, maxDocumentBytes: 100, seed: 3 }],
])('a corpus of rows: %s', async (digest, config) => {
  const { data } = await prepare(fixture(), { sources: [FIELDS], ...config });
  expect(data.digest).toBe(digest);
  data.close();
});
