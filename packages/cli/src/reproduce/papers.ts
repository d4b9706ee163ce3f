/** The papers there are. */
import type { ExperimentConfig } from '../config/define.js';
import type { Reproduction, Size } from './definition.js';
import type { PaperName } from './names.js';
import { pathSwitchingPaper } from './path-switching.js';

/** Packages whose documentation, types and source are the text, where nobody names another. */
const PACKAGES = ['typescript', 'vite', 'vitest', 'zod', 'yaml', 'yargs', 'semver', 'fast-check'];

/** A paper at a size, on the text of installed packages or on that of `sources`. */
export async function paperOf(
  _name: PaperName,
  { size, sources }: { readonly size: Size; readonly sources: readonly string[] | undefined; readonly runs: string },
): Promise<Reproduction> {
  return pathSwitchingPaper(size, { sources: sources === undefined ? installed(size) : [...sources] });
}

function installed(size: Size): ExperimentConfig['data']['sources'] {
  const bytesPerDomain = size === 'quick' ? '250KB' : '600KB';
  return [{ lockfile: 'package-lock.json', packages: PACKAGES, bytesPerDomain }];
}
