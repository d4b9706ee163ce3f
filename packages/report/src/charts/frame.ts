import type { ScaleLinear } from 'd3-scale';
import { type Content, html, type Markup } from '../html.js';

/** A linear scale from data to pixels. */
export type Scale = ScaleLinear<number, number>;

/** The plot area, in pixels of the chart. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Title and description of a chart for screen readers. */
export interface Caption {
  /** Unique in the document; prefix of the ids of title and description. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** An SVG that scales with its column and has a title and a description for screen readers. */
export function svg(width: number, height: number, caption: Caption, content: Content): Markup {
  const { id, title, description } = caption;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${content}</svg>`;
}

/**
 * Draws a chart twice, for wide screens and print and for phones, because the text of an SVG shrinks with it. The style
 * sheet shows one of the two.
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

/** Grid lines and labels of the vertical axis, with a horizontal title above the plot. */
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

/** The largest number, at least `least`. Works for lists too long for `Math.max(...values)`. */
export const largest = (values: readonly number[], least: number): number =>
  values.reduce((a, b) => Math.max(a, b), least);

/** The range of some numbers, widened by a share of its length so that no mark lies on an edge. */
export function paddedExtent(values: readonly number[], share: number): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const pad = (high - low || Math.abs(high) * 0.1 || 1) * share;
  return [low - pad, high + pad];
}

/** The values of an axis, and whether some were left out. */
export interface CutValues {
  readonly values: readonly number[];
  readonly cut: boolean;
}

/**
 * Leaves out the values of releases that diverged (`diverged`), which would flatten all others, unless nothing else is
 * left. They are drawn at the end of the axis, and its title says so.
 */
export function withoutDiverged(points: readonly { readonly value: number; readonly diverged: boolean }[]): CutValues {
  const kept = points.filter(({ value, diverged }) => !diverged && Number.isFinite(value));
  const cut = kept.length > 0 && kept.length < points.length;
  return { values: (cut ? kept : points).map(({ value }) => value), cut };
}

/** What the title of an axis says when values were left out. */
export const CUT_NOTE = 'cut: what diverged lies beyond';

/** A number format with enough decimals to distinguish neighbouring ticks. */
export function tickFormat(ticks: readonly number[]): (value: number) => string {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : 1;
  const decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return (value) => value.toFixed(decimals).replace('-', '−');
}
