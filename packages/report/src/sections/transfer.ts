import { formatDifference, formatLoss } from '../format.js';
import { html, type Markup } from '../html.js';
import { lossUnder, type ReportView, releaseOf, type StrategyView } from '../view.js';
import { section } from './figure.js';
import { drawMatrices, textTitles } from './matrices.js';

/**
 * Losses of every release on the text of every version: forgetting of earlier text, and transfer to later text.
 */
export function transferSection(view: ReportView): Markup {
  const { versions } = view.results.data;
  const strategies = view.strategies.filter(({ result }) => result.releases.length > 0);
  if (versions.length < 2 || strategies.length === 0) return html``;
  const { widest, drawn } = drawMatrices(strategies, {
    label: 'Loss of every release on the text of every version',
    axes: ['After', 'Held-out text of'],
    rows: versions.map(({ index }) => view.versionName(index)),
    columns: textTitles(view),
    value: (strategy, row, column) =>
      lossUnder(releaseOf(strategy, versions[row]!.index)?.lossByVersion, versions[column]!.name),
    group: (_, column) => column,
    isAhead: (row, column) => column > row,
    note: transferNote,
  });
  return section(
    'transfer',
    'Forgetting and transfer',
    html`Loss of every release on the held-out text of every version, nats per token${view.results.seeds.length === 1 ? '' : ', means over seeds'}. Down a column: one text, release by release. Grey italics: text of later versions. The deeper the tint, the further above the lowest that any strategy reaches on that text (up to ${formatDifference(widest)}). Under each table, of <bdi>${view.versionName(view.lastVersion)}</bdi>, lower is better: <em>forgetting</em> is its loss on earlier text above the least of all earlier releases, <em>backward transfer</em> above that of the release the text came with, and <em>forward transfer</em> the loss on each version's text just before it came; all three are means over texts.`,
    drawn,
  );
}

function transferNote({ last }: StrategyView): Markup | null {
  if (last?.transfer === undefined) return null;
  const { forgetting, backwardTransfer, forwardTransfer } = last.transfer;
  const figures = [
    ['forgetting', formatDifference(forgetting)],
    ['backward transfer', formatDifference(backwardTransfer)],
    ['forward transfer', formatLoss(forwardTransfer)],
  ];
  return html`<dl class="sums">${figures.map(([name, figure]) => html`<div><dt>${name}</dt><dd>${figure}</dd></div>`)}</dl>`;
}
