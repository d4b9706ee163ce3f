import { hasDiverged } from '@branchline/evaluation';
import { nameTag } from '../charts/symbols.js';
import { formatDifference, formatLoss } from '../format.js';
import { html, type Markup } from '../html.js';
import { lossUnder, type ReportView, ranked, type StrategyView } from '../view.js';
import { scrolling, section } from './figure.js';
import { drawMatrices, textTitles } from './matrices.js';

interface Column {
  readonly title: string;
  readonly value: (strategy: StrategyView) => number | undefined;
  readonly first: boolean;
}

/** Losses of the last release of each strategy by domain and by version of the text. */
export function heatSection(view: ReportView): Markup {
  const { data } = view.results;
  const strategies = ranked(view).filter((strategy) => strategy.last);
  if (strategies.length === 0) return html``;
  const domains = data.domains.map(
    (name, index): Column => ({ title: name, value: (s) => lossUnder(s.last?.lossByDomain, name), first: index === 0 }),
  );
  const versions = data.versions.map(
    (version, index): Column => ({
      title: view.versionName(version.index),
      value: (s) => lossUnder(s.last?.lossByVersion, version.name),
      first: index === 0,
    }),
  );
  // What diverged would take all tint from the others.
  const sane = strategies.filter(({ last }) => !hasDiverged(view.results, last!.loss));
  const columns = [...domains, ...versions].map((column) => {
    const values = (sane.length > 0 ? sane : strategies)
      .map(column.value)
      .filter((value): value is number => value !== undefined && Number.isFinite(value));
    return { ...column, low: Math.min(...values), high: Math.max(...values) };
  });
  const widest = Math.max(...columns.map(({ low, high }) => high - low).filter(Number.isFinite), 1e-9);
  const rows = strategies.map(
    (strategy) =>
      html`<tr class="${strategy.colour} pick" data-s="${strategy.index}"><th scope="row">${nameTag(strategy)}</th>${columns.map(
        ({ value, low, first }) => {
          const loss = value(strategy);
          if (loss === undefined) return html`<td class="none${first ? ' first' : ''}">–</td>`;
          const gap = loss - low;
          const isBest = formatLoss(loss) === formatLoss(low);
          return html`<td class="heat${isBest ? ' best' : ''}${first ? ' first' : ''}" style="--h:${Math.min(100, (gap / widest) * 100)}" title="${`${formatDifference(gap)} above the lowest`}"><span>${formatLoss(loss)}</span>${isBest ? html`<span class="sr"> (lowest)</span>` : null}</td>`;
        },
      )}</tr>`,
  );
  return section(
    'heat',
    html`Where <bdi>${view.versionName(view.lastVersion)}</bdi> is strong and weak`,
    html`Loss of the last release, nats per token on held-out text. The deeper the tint, the further above the lowest of its column (up to ${formatDifference(widest)}); the lowest is boxed.`,
    html`${scrolling(
      'Loss by domain and by version',
      html`<table class="heatmap"><caption class="sr">Loss by domain and by version</caption>
<thead><tr><th scope="col" rowspan="2">Strategy</th>${domains.length > 0 ? html`<th scope="colgroup" class="first" colspan="${domains.length}">By domain</th>` : null}<th scope="colgroup" class="first" colspan="${versions.length}">By version of the text</th></tr><tr>${columns.map(({ title, first }) => html`<th scope="col" class="${first ? 'first' : ''}"><bdi>${title}</bdi></th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
      view.others.length > 0,
    )}${crossedPart(view, strategies)}`,
  );
}

/** Losses by domain and version, which distinguishes hard domains from forgotten ones. */
function crossedPart(view: ReportView, all: readonly StrategyView[]): Markup | null {
  const { domains, versions } = view.results.data;
  const strategies = all.filter(({ last }) => last!.heldOut !== undefined);
  if (domains.length < 2 || versions.length < 2 || strategies.length === 0) return null;
  const { widest, drawn } = drawMatrices(strategies, {
    label: 'Loss by domain and version',
    axes: ['Domain', 'Held-out text of'],
    rows: domains,
    columns: textTitles(view),
    value: ({ last }, row, column) =>
      last!.heldOut!.find(({ domain, version }) => domain === domains[row] && version === versions[column]!.index)
        ?.loss,
    group: (row, column) => row * versions.length + column,
  });
  return html`<h3>Domains and versions crossed</h3><p class="reading">The same release on every part of the held-out text. The deeper the tint, the further above the lowest that any strategy reaches on that part (up to ${formatDifference(widest)}).</p>${drawn}`;
}
