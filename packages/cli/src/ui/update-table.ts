import type { Results } from '@branchline/api';
import { printable } from './printable.js';
import { leftOutNote, shownNames } from './shown-rows.js';
import type { Style } from './style.js';
import { table } from './table.js';
import { versionLabels } from './version-label.js';

/**
 * The releases of every strategy before and after an update: the last one of the earlier versions and those that are
 * new, each with its loss on the held-out text of every version.
 *
 * @param arrived Names of the versions that are new.
 */
export function releasesTable(results: Results, arrived: readonly string[], style: Style): string {
  const { data, seeds } = results;
  const shownStrategies = new Set(shownNames(results));
  const strategies = results.strategies.filter(({ name }) => shownStrategies.has(name));
  const isNew = (version: number) => arrived.includes(data.versions[version - 1]!.name);
  const labels = versionLabels(data.versions);
  const rows = strategies.flatMap(({ name, seed, releases }) => {
    const earlier = releases.filter(({ version }) => !isNew(version)).slice(-1);
    const shown = [...earlier, ...releases.filter(({ version }) => isNew(version))];
    const title = seeds.length > 1 ? `${printable(name)}, seed ${seed}` : printable(name);
    return shown.map((release, index) => {
      const version = labels(release.version);
      const losses = data.versions.map((on) => release.lossByVersion[on.name]?.toFixed(4) ?? '-');
      const mark = isNew(release.version) ? style.bold(version) : version;
      return [index === 0 ? title : '', mark, ...losses];
    });
  });
  const head = ['strategy', 'release', ...data.versions.map(({ index }) => `on ${labels(index)}`)];
  const note = [
    'Loss of each release in nats per token, on the held-out text of each version.',
    ...leftOutNote(results),
  ]
    .map(style.dim)
    .join('\n');
  return `${table(
    head,
    rows,
    style,
    data.versions.map((_, index) => index + 2),
  )}\n\n${note}`;
}
