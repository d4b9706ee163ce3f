import type { VersionChoice } from '@branchline/evaluation';

/**
 * Weights that combine the values of versions 1 to `count` into one number. `slope`: the least-squares slope over the
 * version index, (v - mean) / sum of squares, per version. Throws a RangeError for an unknown version and for the slope
 * of a single version.
 */
export function versionWeights(choice: VersionChoice, count: number): readonly number[] {
  const versions = Array.from({ length: count }, (_, index) => index + 1);
  if (choice === 'mean') return versions.map(() => 1 / count);
  if (choice === 'slope') {
    if (count < 2) throw new RangeError('a slope needs two versions or more');
    const middle = (count + 1) / 2;
    const squares = versions.reduce((sum, version) => sum + (version - middle) ** 2, 0);
    return versions.map((version) => (version - middle) / squares);
  }
  const wanted = choice === 'last' ? count : choice;
  if (!versions.includes(wanted)) throw new RangeError(`there is no version ${wanted} among ${count}`);
  return versions.map((version) => (version === wanted ? 1 : 0));
}
