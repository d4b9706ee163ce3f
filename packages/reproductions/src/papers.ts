/** The available papers, on given text or on text of installed packages. */
import { join, resolve } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { lettersIn, writeLetters } from './curriculum/letters.js';
import { curriculumPaper } from './curriculum/paper.js';
import { curriculumTexts, ownText } from './curriculum/text.js';
import { learningRatePaper } from './learning-rate/paper.js';
import type { PaperName } from './names.js';
import type { Reproduction, Size, Text } from './paper/definition.js';
import { INCLUDE } from './paper/installed.js';
import { pathSwitchingPaper } from './path-switching/paper.js';
import { shiftingVersionsPaper } from './shifting-versions/paper.js';
import { shiftingText } from './shifting-versions/text.js';

/** Packages whose documentation, types and sources are the default text. */
const PACKAGES = ['typescript', 'vite', 'vitest', 'zod', 'yaml', 'yargs', 'semver', 'fast-check'];

/** Locations of text and runs. */
export interface Places {
  readonly size: Size;
  /** Files, folders or globs. Undefined: text of installed packages. */
  readonly sources: readonly string[] | undefined;
  /** For the curriculum: text like the target, which scores the sources, and the target. Needed with `sources`. */
  readonly reference?: readonly string[] | undefined;
  readonly target?: readonly string[] | undefined;
  /** Directory of the reproduction's runs. */
  readonly runs: string;
}

/**
 * The reproduction of a paper at a size.
 *
 * @throws BranchlineError `config` if the texts do not fit the paper.
 */
export async function paperOf(
  name: PaperName,
  { size, sources, reference, target, runs }: Places,
): Promise<Reproduction> {
  if (name === 'curriculum') {
    const own = ownText({ sources, reference, target });
    const letters = resolve(join(runs, 'letters'));
    await writeLetters(letters);
    const cache = join(runs, '.data');
    return curriculumPaper(size, { texts: curriculumTexts(size, own), letters: lettersIn(letters), cache });
  }
  if (reference !== undefined || target !== undefined) {
    const option = reference === undefined ? '--target' : '--reference';
    const message = `${option} has no meaning for ${name}: only the curriculum scores its text`;
    throw new BranchlineError('config', { message, remedy: `Leave ${option} out.` });
  }
  if (name === 'shifting-versions') return shiftingVersionsPaper(size, shiftingText(size, sources));
  if (name === 'learning-rate') {
    // One kind of text: losses of a mixture depend on the order of its kinds.
    const source = { ...installed(size), include: { source: INCLUDE.source } };
    return learningRatePaper(size, { sources: sources === undefined ? [source] : [{ files: [...sources] }] });
  }
  return pathSwitchingPaper(size, { sources: sources === undefined ? [installed(size)] : [{ files: [...sources] }] });
}

function installed(size: Size): Exclude<Text['sources'][number], string> {
  return { lockfile: 'package-lock.json', packages: PACKAGES, bytesPerDomain: size === 'quick' ? '900KB' : '4MB' };
}
