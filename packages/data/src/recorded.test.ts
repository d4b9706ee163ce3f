/** Digests of the tokens of corpora that published results depend on; they must not change. */
import path from 'node:path';
import { digestBytes } from '@branchline/core';
import { expect, test } from 'vitest';
import { FIELDS, fixture, prepare } from '../test/corpus.js';
import { folder } from '../test/fixtures.js';
import { type DataConfig, type PreparedData, prepareData } from './index.js';

/** Digest of the content of all sequences, training and held-out, in the order of their ids. */
const digestOf = (data: PreparedData) =>
  digestBytes(data.contentOf(Uint32Array.from({ length: data.sequences }, (_, id) => id)));

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
  expect(digestOf(data)).toBe('f7f822654b12552ca8d5457b7064915f2aca9eca12546439294afc36378d05ed');
  data.close();
});

const versions = { by: 'random', count: 3 } as const;
test.each<[string, Partial<DataConfig>]>([
  ['61a7a1077f9b1e6285eeb07f9a7c4ab3264b07183e786c54f95e4a9e703055c9', { versions, score: 'diversity' }],
  [
    '85309c14982bbd28be06b2e4891d82aa168a58a8dc4c0f30a740a2e6f0b9e85f',
    { versions: { by: 'field' }, deduplicate: 'none' },
  ],
  ['a6e1d7bf54e3ea8883b8b4bb6cd9f930b147907bf0b7e5f1b61144af5ae47892', { versions, maxDocumentBytes: 100, seed: 3 }],
])('a corpus of rows: %s', async (digest, config) => {
  const { data } = await prepare(fixture(), { sources: [FIELDS], ...config });
  expect(digestOf(data)).toBe(digest);
  data.close();
});
