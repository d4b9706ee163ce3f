import type { ScaleLinear } from 'd3-scale';
import { type Content, html, type Markup } from '../html.js';

/** A linear scale from data to pixels. */
export type Scale = ScaleLinear<number, number>;

/** The rectangle in which data is drawn, in pixels of the chart. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What every chart says to those who cannot see it. */
export interface Caption {
  /** Unique in the document; title and description are found by it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** An SVG that scales with its column, with a title and a description for screen readers. */
export function svg(width: number, height: number, caption: Caption, content: Content): Markup {
  const { id, title, description } = caption;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${content}</svg>`;
}

/**
 * A chart drawn twice, for wide screens and paper and for phones, because an SVG that shrinks takes its letters
 * along. The style sheet shows one of them.
 */
export function twoSizes(draw: (size: 'wide' | 'narrow') => Markup): Markup {
  return html`<div class="wide">${draw('wide')}</div><div class="narrow">${draw('narrow')}</div>`;
}

/** Grid lines and labels of the horizontal axis, along the bottom of the plot. */
export function xAxis(
  plot: Plot,
  scale: (value: number) => number,
  ticks: readonly number[],
  format: (value: number) => string,
  title: string,
): Markup {
  return html`<g class="axis">${ticks.map(
    (tick) =>
      html`<line class="tick" x1="${scale(tick)}" x2="${scale(tick)}" y1="${plot.bottom}" y2="${plot.bottom + 4}"/><text x="${scale(tick)}" y="${plot.bottom + 16}" text-anchor="middle">${format(tick)}</text>`,
  )}<line class="rule" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>${
    title === ''
      ? null
      : html`<text class="axis-title" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 33}" text-anchor="middle">${title}</text>`
  }</g>`;
}

/** Grid lines and labels of the vertical axis, with its title above the plot, where it can be read without turning. */
export function yAxis(
  plot: Plot,
  scale: (value: number) => number,
  ticks: readonly number[],
  format: (value: number) => string,
  title: string,
): Markup {
  return html`<g class="axis">${ticks.map(
    (tick) =>
      html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${scale(tick)}" y2="${scale(tick)}"/><text x="${plot.left - 6}" y="${scale(tick) + 3.8}" text-anchor="end">${format(tick)}</text>`,
  )}${title === '' ? null : html`<text class="axis-title" x="0" y="${plot.top - 10}">${title}</text>`}</g>`;
}

/** The largest of some numbers, however many, and at least `least`. */
export const largest = (values: readonly number[], least: number): number =>
  values.reduce((a, b) => Math.max(a, b), least);

/**
 * The smallest and the largest of some numbers, widened by a share of their distance, so that no mark lies on an edge.
 */
export function paddedExtent(values: readonly number[], share: number): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const pad = (high - low || Math.abs(high) * 0.1 || 1) * share;
  return [low - pad, high + pad];
}

/** As many decimals as tell neighbouring ticks apart. */
export function tickFormat(ticks: readonly number[]): (value: number) => string {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : 1;
  const decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return (value) => value.toFixed(decimals).replace('-', '−');
}
