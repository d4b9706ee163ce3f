import { nameTag } from '../charts/symbols.js';
import { formatDifference, formatLoss } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import type { ReportView, StrategyView } from '../view.js';
import { panelsOf, scrolling } from './figure.js';

/** A table of losses per strategy, with the same rows and columns and one tint scale. */
export interface Matrices {
  /** Description of a table for screen readers; the strategy's name follows. */
  readonly label: string;
  /** Titles of rows and columns. */
  readonly axes: readonly [rows: string, columns: string];
  readonly rows: readonly string[];
  readonly columns: readonly Content[];
  /** Undefined if nothing was measured. */
  readonly value: (strategy: StrategyView, row: number, column: number) => number | undefined;
  /** Cells of a group are compared: the lowest over all strategies has no tint. */
  readonly group: (row: number, column: number) => number;
  /** True for cells on text that was not trained on yet. */
  readonly isAhead?: (row: number, column: number) => boolean;
  /** A note below the table. */
  readonly note?: (strategy: StrategyView) => Content;
}

/** Column titles: the names of the versions. */
export const textTitles = ({ results, versionName }: ReportView): readonly string[] =>
  results.data.versions.map(({ index }) => versionName(index));

/** Small multiples of tinted tables, and the largest difference to the lowest cell of a group. */
export function drawMatrices(
  strategies: readonly StrategyView[],
  matrices: Matrices,
): { readonly widest: number; readonly drawn: Markup } {
  const { label, axes, rows, columns, value, group, isAhead, note } = matrices;
  const lowest = new Map<number, number>();
  const forEach = (visit: (of: number, loss: number) => void) => {
    for (const strategy of strategies) {
      for (const row of rows.keys()) {
        for (const column of columns.keys()) {
          const loss = value(strategy, row, column);
          if (loss !== undefined) visit(group(row, column), loss);
        }
      }
    }
  };
  forEach((of, loss) => lowest.set(of, Math.min(loss, lowest.get(of) ?? loss)));
  let widest = 1e-9;
  forEach((of, loss) => (widest = Math.max(widest, loss - lowest.get(of)!)));
  const cell = (strategy: StrategyView, row: number, column: number) => {
    const loss = value(strategy, row, column);
    if (loss === undefined) return html`<td class="none">–</td>`;
    const gap = loss - lowest.get(group(row, column))!;
    const ahead = isAhead?.(row, column) === true;
    return html`<td class="heat${ahead ? ' ahead' : ''}" style="--h:${(gap / widest) * 100}" title="${formatDifference(gap)} above the lowest"><span>${formatLoss(loss)}</span></td>`;
  };
  const table = (strategy: StrategyView) =>
    html`<table class="heatmap matrix"><caption class="sr">${label}: ${strategy.name}</caption>
<thead><tr><th scope="col" rowspan="2">${axes[0]}</th><th scope="colgroup" colspan="${columns.length}">${axes[1]}</th></tr><tr>${columns.map((title) => html`<th scope="col"><bdi>${title}</bdi></th>`)}</tr></thead><tbody>${rows.map((title, row) => html`<tr><th scope="row"><bdi>${title}</bdi></th>${columns.map((_, column) => cell(strategy, row, column))}</tr>`)}</tbody></table>`;
  return {
    widest,
    drawn: panelsOf(
      strategies,
      (strategy) =>
        html`<div class="panel pick ${strategy.colour}" data-s="${strategy.index}"><h3>${nameTag(strategy)}</h3>${scrolling(`${label}: ${strategy.name}`, table(strategy))}${note?.(strategy)}</div>`,
    ),
  };
}
