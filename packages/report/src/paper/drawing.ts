/** Shared parts of the drawings of a paper page. */
import { type Caption, type Plot, paddedExtent, svg } from '../charts/frame.js';
import { type Look, marker } from '../charts/symbols.js';
import { bold, fitText, textWidth } from '../format.js';
import { html, Markup } from '../html.js';
import { chartStyle } from '../style.js';
import type { Estimate } from './figure.js';

/** `wide` for a text column, `narrow` for a phone. */
export type FigureSize = 'wide' | 'narrow';
/** Widths in pixels. */
export const widthOf: Readonly<Record<FigureSize, number>> = { wide: 900, narrow: 360 };

/** A drawn figure, for a page or for a file. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** For screen readers. */
  readonly description: string;
  readonly content: Markup;
}

/** A drawing as an element of a page. */
export const element = ({ width, height, description, content }: Drawing, caption: Omit<Caption, 'description'>) =>
  svg(width, height, { ...caption, description }, content);

/** A drawing as an SVG file with its own background, so that it works on light and dark pages. */
export function fileOf({ width, height, description, content }: Drawing, title: string): string {
  const pad = 20;
  const [w, h] = [width + 2 * pad, height + 2 * pad];
  const file = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-pad} ${-pad} ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="t d"><title id="t">${title}</title><desc id="d">${description}</desc><style>${new Markup(`${chartStyle()}svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}`)}</style><rect x="${-pad}" y="${-pad}" width="${w}" height="${h}" rx="14" fill="var(--card)"/>${content}</svg>
`;
  // HTML allows these two characters, XML does not.
  return file.text.replace(/[\ufffe\uffff]/g, '\ufffd');
}

/** Truncates an axis title, which is centred below its plot, to the width of the drawing. */
export function fitTitle(title: string, plot: Plot, width: number): string {
  const middle = (plot.left + plot.right) / 2;
  return fitText(title, 2 * Math.min(middle, width - middle), 11.5);
}

/** The look of the item with this index; colour and symbol depend on nothing else. */
export const lookOf = (index: number): Look => ({ symbol: index, colour: `c${(index % 8) + 1}` });

/** An entry of a legend. */
export interface LegendEntry {
  readonly label: string;
  readonly look: Look;
}

/** Font size in pixels, as in the style sheet. */
const entrySize = 12;
const rowHeight = 20;

/** A legend at the top of a drawing, in as many rows as it needs. */
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

/** `2.4413 ±0.0150`, or the value only if there is no interval. */
export function estimateText({ value, low, high }: Estimate, digits: number): string {
  const half = Math.max(high - value, value - low);
  const text = value.toFixed(digits).replace('-', '−');
  return half > 0 ? `${text} ±${half.toFixed(digits)}` : text;
}

/** True if all values are finite. Diverged runs cannot be drawn. */
export const isDrawable = ({ value, low, high }: Estimate): boolean => [value, low, high].every(Number.isFinite);

/**
 * The range of an axis for means with intervals. It includes all means, but only part of very wide intervals, so that
 * the means stay distinguishable. Intervals are clipped at the edges.
 */
export function estimatesExtent(estimates: readonly Estimate[], others: readonly number[] = []): [number, number] {
  const extent = paddedExtent([...estimates.map(({ value }) => value), ...others], 0.14);
  const room = 0.5 * (extent[1] - extent[0]);
  const low = estimates.reduce((least, one) => Math.min(least, one.low), extent[0]);
  const high = estimates.reduce((most, one) => Math.max(most, one.high), extent[1]);
  return [Math.max(low, extent[0] - room), Math.min(high, extent[1] + room)];
}
