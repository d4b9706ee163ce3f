/** How versions are named wherever results are shown. */
import type { Results } from '../results/results.js';

/** The name of a version, by its index. */
export type VersionNames = (index: number) => string;

/**
 * Names of versions, the same on the terminal and in the report: the name of the version if it has one, such as
 * `2024-05`, or `v3` if it is only counted. Versions whose names would be equal get their number in front: `v3 · v2`.
 */
export function versionNames(
  versions: readonly Pick<Results['data']['versions'][number], 'index' | 'name'>[],
): VersionNames {
  const plain = versions.map(({ index, name }) => [index, nameOf(index, name)] as const);
  const count = new Map<string, number>();
  for (const [, name] of plain) count.set(name, (count.get(name) ?? 0) + 1);
  const names = new Map(
    plain.map(([index, name]) => [index, count.get(name)! > 1 && name !== `v${index}` ? `v${index} · ${name}` : name]),
  );
  return (index) => names.get(index) ?? `v${index}`;
}

const nameOf = (index: number, name: string): string =>
  name.trim() === '' || name === String(index) ? `v${index}` : name;
