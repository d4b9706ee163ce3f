import { BranchlineError } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type DataConfig, dataSchema, parseDataConfig } from './schema.js';

function problems(config: unknown): string[] {
  try {
    parseDataConfig(config);
  } catch (error) {
    if (error instanceof BranchlineError && error.code === 'config')
      return error.problems.map(({ configPath, message, remedy }) => `${configPath}: ${message} -> ${remedy}`);
    throw error;
  }
  return [];
}

test('fills in every default', () => {
  expect(parseDataConfig({ sources: 'texts/**' })).toEqual({
    sources: 'texts/**',
    versions: { by: 'random', count: 4 },
    heldOut: { share: 0.08, sequences: 32 },
    deduplicate: 'exact',
    maxDocumentBytes: 16384,
    tokenizer: 'bytes',
    seed: 0,
  });
});

test('accepts its own output', () => {
  const config: DataConfig = {
    sources: [
      'a/*.md',
      { files: ['b.jsonl'], scoreField: 'q' },
      { lockfile: 'package-lock.json', bytesPerDomain: '1MB' },
    ],
    versions: { by: 'random', count: 2, tokens: '400k' },
    heldOut: 0.1,
  };
  const parsed = parseDataConfig(config);
  expect(parsed.versions.tokens).toBe(400_000);
  expect(parsed.heldOut).toEqual({ share: 0.1, sequences: 32 });
  expect(parseDataConfig(parsed)).toEqual(parsed);
});

test('lists all problems at once, each with its path', () => {
  const found = problems({
    sources: [{ files: 'a', textFeild: 'x' }, { lockfile: 'l', bytesPerDomain: 'lots' }, { files: [] }],
    versions: { by: 'random', count: 0, tokens: 'some' },
    heldOut: { share: 2, sequences: 1.5 },
    score: 'length',
    sed: 1,
  });
  expect(found).toHaveLength(9);
  const text = found.join('\n');
  expect(text).toContain('data.sources[0].textFeild: there is no such setting -> Did you mean "textField"?');
  expect(text).toContain('data.sources[1].bytesPerDomain: "lots" is not a number of bytes');
  expect(text).toContain('data.sources[2].files: ');
  expect(text).toContain('data.versions.count: 0 is not at least 1');
  expect(text).toContain('data.versions.tokens: "some" is not a number of tokens');
  expect(text).toContain('data.heldOut.share: 2 is not at most 0.5');
  expect(text).toContain('data.heldOut.sequences: 1.5 is not a whole number');
  expect(text).toContain('data.score: ');
  expect(text).toContain('data.sed: there is no such setting -> Did you mean "seed"?');
});

test.each([
  [{}, /data\.sources: /],
  [{ sources: 3 }, /data\.sources: write a glob, or a list of sources/],
  [{ sources: [3] }, /data\.sources\[0\]: write a glob, \{ files/],
  [
    { sources: [{ file: 'x' }] },
    /data\.sources\[0\]\.files: name a file[\s\S]*\.file: there is no such setting -> Did you mean "files"\?/,
  ],
  [
    { sources: 'a', versions: { by: 'field', order: ['2020', '2021', '2020'] } },
    /data\.versions\.order: lists a value twice/,
  ],
  [{ sources: 'a', versions: { by: 'field', order: ['1', 1.0] } }, /data\.versions\.order: lists a value twice/],
  [{ sources: 'a', versions: { by: 'field', order: [true] } }, /data\.versions\.order\[0\]: write a text or a number/],
  [{ sources: [{ files: 'a', textField: 5 }] }, /textField: 5 is a number, but text is needed; write it in quotes/],
  [{ sources: 'a', seed: 1.5 }, /data\.seed: 1\.5 is not a whole number/],
  [{ sources: 'a', versions: { by: 'month' } }, /data\.versions.*say how to divide text/],
  [
    { sources: 'a', versions: { by: 'source', count: 3 } },
    /data\.versions\.count: there is no such setting -> Known: by, tokens\./,
  ],
])('rejects %j', (config, message) => {
  expect(problems(config).join('\n')).toMatch(message);
});

describe('documentation', () => {
  test('every key is described', () => {
    const missing: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string) => {
      for (const [key, child] of Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>)) {
        if (typeof child.description !== 'string') missing.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
      for (const key of ['anyOf', 'oneOf'])
        for (const one of (schema[key] ?? []) as (typeof schema)[]) visit(one, path);
      if (schema.items) visit(schema.items as typeof schema, `${path}[]`);
    };
    visit(z.toJSONSchema(dataSchema, { io: 'input' }), 'data');
    expect(missing).toEqual([]);
  });
});
