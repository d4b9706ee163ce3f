/** Text of several kinds, which arrive one after the other. */
import { basename } from 'node:path';
import { BranchlineError } from '@branchline/core';
import type { Size, Text } from '../paper/definition.js';

/** Text, and the domains that it has, in order of arrival. */
export interface ShiftingText extends Text {
  readonly domains: readonly string[];
}

/** Prose, programs, declarations, data: far from each other but for the two in the middle. */
const INCLUDE = {
  docs: ['**/*.md'],
  source: ['**/*.js', '**/*.mjs', '**/*.cjs'],
  types: ['**/*.d.ts', '**/*.d.mts', '**/*.d.cts'],
  data: ['**/*.json'],
};

/** Named, so that one more dependency changes no text; together they have enough of each kind. */
const PACKAGES = [
  ...['typescript', 'vite', 'vitest', 'zod', 'yaml', 'yargs', 'semver', 'fast-check'],
  ...['ajv', 'axios', 'minimatch', 'protobufjs', '@babel/*', '@rushstack/*', '@microsoft/*'],
];

/**
 * Each of the paths is a domain; without any, files of installed packages by their kind.
 *
 * @throws BranchlineError `config` when there is nothing that could shift.
 */
export function shiftingText(size: Size, paths: readonly string[] | undefined): ShiftingText {
  if (paths === undefined) {
    const bytesPerDomain = size === 'quick' ? '300KB' : '500KB';
    const source = { lockfile: 'package-lock.json', packages: PACKAGES, include: INCLUDE, bytesPerDomain };
    return { sources: [source], domains: Object.keys(INCLUDE) };
  }
  if (paths.length < 2) {
    throw new BranchlineError('config', {
      message: 'shifting versions need text of two kinds at least, and --data names one',
      remedy: 'Name a file, a folder or a glob for each kind, in order of arrival: --data books --data letters.',
    });
  }
  const domains = distinct(paths.map((path) => basename(path)));
  return { sources: paths.map((files, index) => ({ files, domain: domains[index]! })), domains };
}

/** Names that stand there already get a number. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name} ${count}`;
    taken.add(free);
    return free;
  });
}
