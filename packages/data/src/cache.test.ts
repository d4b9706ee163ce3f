import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FIELDS, fixture, prepare } from '../test/corpus.js';
import { folder } from '../test/fixtures.js';
import { cleanCache, surveyCache } from './cache.js';

const versions = { by: 'random', count: 2 } as const;

test('what no run has is deleted, the rest is made again with the same digest', async () => {
  const base = fixture();
  const cache = path.join(base, 'cache');
  const [one, other] = [
    await prepare(base, { sources: [FIELDS], versions }),
    await prepare(base, { sources: [FIELDS], versions: { ...versions, count: 3 } }),
  ];
  const parts = new Map(surveyCache(cache).map((part) => [part.name, part]));
  expect([...parts.keys()].sort()).toEqual(['corpora', 'parts', 'read', 'shards', 'tokenizers']);
  expect(parts.get('corpora')).toMatchObject({ entries: 2 });
  const total = [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  const freed = cleanCache(cache, new Set([one.data.digest]), false);
  const left = surveyCache(cache).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(freed).toBe(total - left);
  expect(freed).toBeGreaterThan(parts.get('read')!.bytes);
  expect(existsSync(other.data.directory)).toBe(false);
  // The corpus that stays is used as it is: nothing is read.
  const again = await prepare(base, { sources: [FIELDS], versions });
  expect(again.data.digest).toBe(one.data.digest);
  expect(again.progress.map(({ stage }) => stage)).not.toContain('read');

  cleanCache(cache, new Set([one.data.digest]), true);
  expect(readdirSync(cache)).toEqual(['tokenizers']);
  expect((await prepare(base, { sources: [FIELDS], versions })).data.digest).toBe(one.data.digest);
});

test('nothing is deleted while text is prepared, and nothing is missing without a cache', () => {
  const cache = folder();
  mkdirSync(path.join(cache, `abc.tmp-${process.pid}-0`));
  mkdirSync(path.join(cache, 'read'));
  expect(() => cleanCache(cache, new Set(), true)).toThrow('text is being prepared');
  expect(readdirSync(cache)).toContain('read');
  const nowhere = path.join(cache, 'nowhere');
  expect([surveyCache(nowhere), cleanCache(nowhere, new Set(), true)]).toEqual([[], 0]);
});
