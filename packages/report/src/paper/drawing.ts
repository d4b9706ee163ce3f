/** What the drawings of a paper page have in common. */
import { type Caption, type Plot, paddedExtent, svg } from '../charts/frame.js';
import { type Look, marker } from '../charts/symbols.js';
import { bold, fitText, textWidth } from '../format.js';
import { html, Markup } from '../html.js';
import { chartStyle } from '../style.js';
import type { Estimate } from './figure.js';

/** For a column of text, and for a phone. */
export type FigureSize = 'wide' | 'narrow';
/** Pixels, which are those of the page at these sizes. */
export const widthOf: Readonly<Record<FigureSize, number>> = { wide: 900, narrow: 360 };

/** A figure before it is known whether it stands in a page or in a file of its own. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** For those who cannot see it. */
  readonly description: string;
  readonly content: Markup;
}

/** As an element of a page. */
export const element = ({ width, height, description, content }: Drawing, caption: Omit<Caption, 'description'>) =>
  svg(width, height, { ...caption, description }, content);

/** As a file of its own, on a ground of its own: who shows it need not know of light and dark. */
export function fileOf({ width, height, description, content }: Drawing, title: string): string {
  const pad = 20;
  const [w, h] = [width + 2 * pad, height + 2 * pad];
  const file = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-pad} ${-pad} ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="t d"><title id="t">${title}</title><desc id="d">${description}</desc><style>${new Markup(`${chartStyle()}svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}`)}</style><rect x="${-pad}" y="${-pad}" width="${w}" height="${h}" rx="14" fill="var(--card)"/>${content}</svg>
`;
  // Two characters that HTML allows and XML does not.
  return file.text.replace(/[\ufffe\uffff]/g, '\ufffd');
}

/** What fits below an axis: a title stands under the middle of its plot. */
export function fitTitle(title: string, plot: Plot, width: number): string {
  const middle = (plot.left + plot.right) / 2;
  return fitText(title, 2 * Math.min(middle, width - middle), 11.5);
}

/** The look of the nth of several things; colour and symbol never depend on anything else. */
export const lookOf = (index: number): Look => ({ index, colour: `c${(index % 8) + 1}` });

/** An entry of a legend. */
export interface LegendEntry {
  readonly label: string;
  readonly look: Look;
}

/** As the style sheet has it. */
const entrySize = 12;
const rowHeight = 20;

/** Entries beside each other, in as many rows as they need, from the top of the drawing on. */
export function legendRows(entries: readonly LegendEntry[], width: number): { height: number; content: Markup } {
  let [x, row] = [0, 0];
  const content = entries.map(({ label, look }) => {
    const text = fitText(label, width - 24, entrySize * bold);
    const wide = 20 + textWidth(text, entrySize * bold) + 14;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    const at = x;
    x += wide;
    const y = 10 + row * rowHeight;
    return html`<g>${marker(look, at + 7, y, 5)}<text class="label ${look.colour}" x="${at + 18}" y="${y + 4}">${text}<title>${label}</title></text></g>`;
  });
  return { height: entries.length === 0 ? 0 : (row + 1) * rowHeight + 4, content: html`${content}` };
}

/** `2.4413 ±0.0150`; alone where there is no interval. */
export function estimateText({ value, low, high }: Estimate, digits: number): string {
  const half = Math.max(high - value, value - low);
  const text = value.toFixed(digits).replace('-', '−');
  return half > 0 ? `${text} ±${half.toFixed(digits)}` : text;
}

/** Whether all of it can be drawn: a reproduction that diverged has no place on an axis. */
export const isDrawable = ({ value, low, high }: Estimate): boolean => [value, low, high].every(Number.isFinite);

/**
 * What an axis shows of some means with intervals: the means, and of intervals that are much wider only a part, because
 * means that cannot be told apart in the picture might as well not be drawn. What reaches out of it is cut.
 */
export function estimatesExtent(estimates: readonly Estimate[], others: readonly number[] = []): [number, number] {
  const extent = paddedExtent([...estimates.map(({ value }) => value), ...others], 0.14);
  const room = 0.5 * (extent[1] - extent[0]);
  const low = estimates.reduce((least, one) => Math.min(least, one.low), extent[0]);
  const high = estimates.reduce((most, one) => Math.max(most, one.high), extent[1]);
  return [Math.max(low, extent[0] - room), Math.min(high, extent[1] + room)];
}
