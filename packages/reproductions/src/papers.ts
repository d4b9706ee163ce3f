/** The available papers, on given text or on text of installed packages. */
import { join, resolve } from 'node:path';
import { writeLetters } from './curriculum/letters.js';
import { curriculumPaper } from './curriculum/paper.js';
import type { PaperName } from './names.js';
import type { Reproduction, Size, Text } from './paper/definition.js';
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
  /** Directory of the reproduction's runs. */
  readonly runs: string;
}

/** The reproduction of a paper at a size. */
export async function paperOf(name: PaperName, { size, sources, runs }: Places): Promise<Reproduction> {
  const textWith = (noise: object): Text => {
    const given = sources === undefined ? [installed(size)] : [{ files: [...sources] }];
    return { sources: given.map((source) => ({ ...source, ...noise })) };
  };
  if (name === 'shifting-versions') return shiftingVersionsPaper(size, shiftingText(size, sources));
  if (name === 'path-switching') return pathSwitchingPaper(size, textWith({}));
  const letters = resolve(join(runs, 'letters'));
  await writeLetters(letters);
  return curriculumPaper(size, {
    text: textWith({ corrupt: { share: [0, 0.6] } }),
    letters: { sources: [{ files: letters, corrupt: { share: [0, 1] } }] },
    cache: join(runs, '.data'),
  });
}

function installed(size: Size): Exclude<Text['sources'][number], string> {
  return { lockfile: 'package-lock.json', packages: PACKAGES, bytesPerDomain: size === 'quick' ? '900KB' : '4MB' };
}
