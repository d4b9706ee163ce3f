import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { expect, it } from 'vitest';
import { folder } from '../../test/corpus.js';
import { loadConfig } from './load.js';

// Modules need the launcher's hooks, so packages/cli/test/usage.test.ts tests them.

it.each([
  ['exp.json', '{ "seed": 3 }'],
  ['exp.yaml', 'seed: 3\n'],
  ['exp.config.yml', '# a comment\nseed: 3\n'],
])('reads %s', async (name, content) => {
  const directory = folder();
  writeFileSync(join(directory, name), content);
  expect(await loadConfig(join(directory, name))).toEqual({
    config: { seed: 3 },
    baseDirectory: directory,
    defaultName: 'exp',
  });
});

it.each([
  ['a.json', '{ "a": 1,\n  "b" 2 }\n', /a\.json:2:7: /],
  ['a.json', '{ "a": 1, "a": 2 }', /a\.json:1:11: "a" is a duplicate key/],
  ['a.yaml', 'a: 1\na: 2\n', /a\.yaml:2:1: a is a duplicate key/],
  ['a.yaml', '- a\n', /a\.yaml holds no experiment/],
  ['a.yaml', '', /a\.yaml holds no experiment/],
  ['a.toml', 'a = 1\n', /a\.toml is not an experiment file/],
])('reports what is wrong with %s', async (name, content, message) => {
  const directory = folder();
  writeFileSync(join(directory, name), content);
  const error: unknown = await loadConfig(join(directory, name)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BranchlineError);
  expect((error as BranchlineError).code).toBe('config');
  expect((error as BranchlineError).message).toMatch(message);
});
