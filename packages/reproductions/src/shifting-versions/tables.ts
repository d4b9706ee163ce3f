/** Tables of shifting versions. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperTable } from '../paper/definition.js';
import { meanOf, namesOf } from '../paper/tables.js';
import { forgetting, lossMatrix, measuredText, onAll, onNewest, onPast } from './losses.js';
import { average, cpt, PTFS, RATIOS, REVERSED, STRONG, SWITCHING_RATIOS, switching, WEAK } from './names.js';

/** Strategies whose matrices are shown. */
export const SHOWN = [PTFS, cpt(0), cpt(0.25), switching(0), switching(0.25), average(0.25)] as const;

/** Losses by text, by replay ratio, as matrices; then with a weak shift and another order. */
export function tablesOfShiftingVersions({ results }: Facts, domains: readonly string[]): readonly PaperTable[] {
  const strong = results[STRONG]!;
  const reversed = [...domains].reverse();
  const title = 'cost in parts of PTFS, losses after the last version';
  return [
    byText(`Strong shift: ${title}`, strong, domains),
    byRatio(strong, domains),
    matrices(strong),
    ...(results[WEAK] === undefined ? [] : [byText(`Weak shift: ${title}`, results[WEAK], domains)]),
    ...(results[REVERSED] === undefined
      ? []
      : [byText('Strong shift, domains in reverse: losses after the last version', results[REVERSED], reversed)]),
  ];
}

function byText(title: string, results: Results, domains: readonly string[]): PaperTable {
  const columns = [
    ['earlier domains', onPast(domains)] as const,
    [`newest: ${domains.at(-1)!}`, onNewest(domains)] as const,
    ['all', onAll] as const,
    ['forgetting', forgetting] as const,
  ];
  const cost = (name: string) => meanOf(results, name, ({ cost }) => cost.ratioToBaseline ?? Number.NaN)!.mean;
  return {
    title,
    caption:
      'Means over seeds with 95% intervals. Forgetting: by how much losses on the text of earlier versions end above the least that an earlier release had (docs/statistics.md).',
    head: ['strategy', 'cost', ...columns.map(([head]) => head)],
    rows: namesOf(results).map((name) => [
      name,
      `${(100 * cost(name)).toFixed(1)}%`,
      ...columns.map(([, measure]) => measuredText(results, name, measure)),
    ]),
  };
}

function byRatio(results: Results, domains: readonly string[]): PaperTable {
  const rowsOf = (of: (ratio: number) => string, ratios: readonly number[]) =>
    ratios.map((ratio) => [
      of(0),
      `${100 * ratio}%`,
      ...[onPast(domains), onNewest(domains), onAll].map((measure) => measuredText(results, of(ratio), measure)),
    ]);
  return {
    title: 'Strong shift: losses by the share of replay, at equal compute',
    head: ['strategy', 'replay', 'earlier domains', `newest: ${domains.at(-1)!}`, 'all'],
    rows: [...rowsOf(cpt, RATIOS), ...rowsOf(switching, SWITCHING_RATIOS), ...rowsOf(average, SWITCHING_RATIOS)],
  };
}

function matrices(results: Results): PaperTable {
  const texts = results.data.versions.map(({ name }) => name);
  const rows = SHOWN.flatMap((name) =>
    (lossMatrix(results, name) ?? []).map((losses, index) => [
      name,
      texts[index]!,
      ...losses.map((loss) => loss.toFixed(3)),
    ]),
  );
  return {
    title: 'Strong shift: losses of every release on the text of every version',
    caption:
      'Right of the diagonal a text has not arrived yet; left of it, a loss above that on the diagonal is what was forgotten.',
    head: ['strategy', 'released after', ...texts],
    rows,
  };
}
