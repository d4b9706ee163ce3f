/** Text of several domains that arrive one after the other. */
import { basename } from 'node:path';
import { BranchlineError } from '@branchline/core';
import type { Size, Text } from '../paper/definition.js';
import { INCLUDE } from '../paper/installed.js';

/** Text with its domains, in order of arrival. */
export interface ShiftingText extends Text {
  readonly domains: readonly string[];
}

/** A fixed list, so that a new dependency does not change the text. Together they have enough text of each domain. */
const PACKAGES = [
  ...['typescript', 'vite', 'vitest', 'zod', 'yaml', 'yargs', 'semver', 'fast-check'],
  ...['ajv', 'axios', 'minimatch', 'protobufjs', '@babel/*', '@rushstack/*', '@microsoft/*'],
];

/**
 * Uses each path as a domain; without paths, files of installed packages by type.
 *
 * @throws BranchlineError `config` if there are fewer than two domains.
 */
export function shiftingText(size: Size, paths: readonly string[] | undefined): ShiftingText {
  if (paths === undefined) {
    const bytesPerDomain = size === 'quick' ? '300KB' : '500KB';
    // Prose, programs, declarations, data. Distinct from each other, except the two in the middle.
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

/** Appends a number to duplicate names. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name} ${count}`;
    taken.add(free);
    return free;
  });
}
