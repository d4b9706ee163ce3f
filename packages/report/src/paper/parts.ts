/** Figures and tables with numbers and captions. */
import { twoSizes } from '../charts/frame.js';
import { html, type Markup } from '../html.js';
import { scrolling } from '../sections/figure.js';
import { draw } from './draw.js';
import { element } from './drawing.js';
import type { PaperFigure } from './figure.js';
import type { PageTable } from './page.js';

/** A figure with its caption below. */
export function figureOf(figure: PaperFigure, number: number): Markup {
  // Uses the number instead of the id, because figures with equal ids must not share descriptions.
  const drawn = twoSizes((size) =>
    element(draw(figure, size), { id: `figure-${number}-${size}`, title: figure.title }),
  );
  return html`<figure>${drawn}<figcaption><b>Figure ${number}. ${ended(figure.title)}</b> ${figure.caption}${reading(figure)}</figcaption></figure>`;
}

/** How to read a kind of figure; follows the author's caption. */
function reading({ kind }: PaperFigure): string {
  if (kind === 'cost-loss')
    return ' Marks are numbered as listed below the picture; vertical lines are intervals of the mean, clipped at the edges. Marks with a ring, joined by the dashed line, are the Pareto front: no strategy beats them in both cost and loss. Overlapping marks are moved aside from the thin line at their cost; marks with an arrow lie above the axis.';
  if (kind === 'lines') return ' Bands are intervals of the mean, clipped at the edges.';
  if (kind === 'graph')
    return ' Steps run to the right; a segment is trained once, with a strand for each strategy that needs it.';
  return '';
}

/** A table with its caption above. Columns of numbers are right-aligned, others left-aligned. */
export function tableOf({ title, caption, head, rows }: PageTable, number: number): Markup {
  const isNumbers = head.map((_, column) => rows.every((cells) => /^$|^[-–−+±\d.]/.test(cells[column] ?? '')));
  const kind = (column: number) => (isNumbers[column] ? '' : 'text');
  return captioned(
    number,
    { title, caption },
    html`<table class="cells"><caption class="sr">${title}</caption><thead><tr>${head.map((cell, column) => html`<th scope="col" class="${kind(column)}"><bdi>${cell}</bdi></th>`)}</tr></thead><tbody>${rows.map(
      (cells) =>
        html`<tr>${cells.map((cell, column) => (column === 0 ? html`<th scope="row"><bdi>${cell}</bdi></th>` : html`<td class="${kind(column)}"><bdi>${cell}</bdi></td>`))}</tr>`,
    )}</tbody></table>`,
  );
}

/** A table below its caption, which stays visible when the table is scrolled sideways. */
export function captioned(
  number: number,
  { title, caption }: Pick<PageTable, 'title' | 'caption'>,
  table: Markup,
): Markup {
  const name = `Table ${number}. ${ended(title)}`;
  return html`<figure class="tabled"><figcaption><b>${name}</b>${caption === undefined ? null : ` ${caption}`}</figcaption>${scrolling(name, table)}</figure>`;
}

/** Adds a full stop unless the text ends a sentence. */
export const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
