import { type VersionNames, versionNames } from '@branchline/evaluation';
import { printable } from './printable.js';

/** The names of versions in tables and sentences, by index: those of the report, without what a terminal interprets. */
export function versionLabels(versions: readonly { readonly name: string }[]): VersionNames {
  const name = versionNames(versions.map((version, at) => ({ index: at + 1, name: version.name })));
  return (index) => printable(name(index));
}

/** The label of one version. */
export const versionLabelOf = (index: number, name: string): string =>
  printable(versionNames([{ index, name }])(index));

/** Versions in a sentence: `version 3`, `versions 2 to 3`, or their names. */
export function versionTitle(labels: VersionNames, indices: readonly number[], between = ', '): string {
  const names = indices.map(labels);
  if (names.some((name, at) => name !== `v${indices[at]}`)) return names.join(between);
  return `version${indices.length === 1 ? '' : 's'} ${indices.join(between)}`;
}
