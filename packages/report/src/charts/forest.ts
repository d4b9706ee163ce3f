import { type ClaimResult, shortNames } from '@branchline/evaluation';
import { scaleLinear } from 'd3-scale';
import { bold, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import type { StrategyView } from '../view.js';
import { paddedExtent, svg, tickFormat, xAxis } from './frame.js';
import { marker } from './symbols.js';

const sizes = {
  wide: { width: 1060, left: 236, right: 150, label: 12.5 },
  column: { width: 900, left: 290, right: 96, label: 12.5 },
  narrow: { width: 360, left: 104, right: 84, label: 11.5 },
};
/** Heights of a row in pixels: `roomy` has space for a dot per seed, `dense` suits many rows. */
const heights = { roomy: 36, dense: 24 };
const top = 14;

/** A row of a forest plot. */
export interface ForestRow {
  readonly result: ClaimResult;
  readonly label: string;
  /** Gives the row its colour and symbol. Undefined: the baseline's colour. */
  readonly strategy: StrategyView | undefined;
}

/** All numbers that a row shows: values and bounds, in the unit of the effect. */
function numbersOf({ values, interval, equivalenceInterval, margin, expect }: ClaimResult): readonly number[] {
  const ends = [interval, equivalenceInterval].flatMap((found) => (found === null ? [] : [found.low, found.high]));
  const band =
    margin === null ? [] : expect === null || expect === '~ 0' ? [-margin, margin] : [boundOf(expect, margin)];
  return [...values, ...ends, ...band, 0];
}

/** The bound of a directional claim. */
function boundOf(expect: NonNullable<ClaimResult['expect']>, margin: number): number {
  if (!expect.includes('margin')) return 0;
  return expect.includes('-') ? -margin : margin;
}

/**
 * A forest plot with a row per effect: a thin line for the interval that decides the direction, a thick one for the
 * equivalence interval, and a faint dot per seed. With `common` all rows share an axis; otherwise each has its own
 * scale.
 */
export function forest(
  rows: readonly ForestRow[],
  {
    common,
    size,
    id,
    title,
    rows: height = 'roomy',
  }: { common: boolean; size: keyof typeof sizes; id: string; title: string; rows?: keyof typeof heights },
): Markup {
  const s = sizes[size];
  const row = heights[height];
  const plot = { left: s.left, right: s.width - s.right, top, bottom: top + rows.length * row };
  const extent = (of: readonly ForestRow[]) =>
    paddedExtent(
      of.flatMap(({ result }) => numbersOf(result)),
      0.06,
    );
  const shared = scaleLinear(extent(rows), [plot.left, plot.right]);
  const ticks = shared.ticks(size === 'narrow' ? 3 : 7);
  const labels = rows.map(({ label }) => label);
  const short = shortNames(labels, s.left - 14, (text) => textWidth(text, s.label * bold));
  const drawn = rows.map((one, index) => {
    const x = common ? shared : scaleLinear(extent([one]), [plot.left, plot.right]);
    return drawRow(one, x, plot.top + index * row + row / 2, { ...s, row, short });
  });
  const axis = common
    ? html`${xAxis(plot, shared, ticks, signed(ticks), size === 'narrow' ? '' : 'Difference to the baseline: left is lower')}<line class="zero" x1="${shared(0)}" x2="${shared(0)}" y1="${plot.top}" y2="${plot.bottom}"/>`
    : null;
  return svg(
    s.width,
    plot.bottom + (common ? 42 : 8),
    { id, title, description: rows.map(({ result, label }) => `${label}: ${result.verdict}`).join('; ') },
    html`${axis}${drawn}`,
  );
}

function signed(ticks: readonly number[]): (value: number) => string {
  const plain = tickFormat(ticks);
  return (value) => (value > 1e-12 ? `+${plain(value)}` : value < -1e-12 ? plain(value) : '0');
}

function drawRow(
  { result, label, strategy }: ForestRow,
  x: (value: number) => number,
  y: number,
  s: (typeof sizes)['wide'] & { readonly row: number; readonly short: (label: string) => string },
): Markup {
  const { row } = s;
  const { values, effect, interval, equivalenceInterval, margin, expect, verdict } = result;
  const line = (of: { low: number; high: number } | null, name: string) =>
    of === null ? null : html`<path class="${name}" d="M${x(of.low)} ${y}H${x(of.high)}"/>`;
  const isBand = margin !== null && (expect === null || expect === '~ 0');
  const bound = expect === null ? undefined : isBand ? undefined : boundOf(expect, margin ?? 0);
  const colour = strategy?.colour ?? 'c0';
  return html`<g class="${colour}"${strategy ? html` data-s="${strategy.index}"` : null}>${
    isBand
      ? html`<rect class="margin" x="${x(-margin)}" y="${y - row / 2 + 2}" width="${x(margin) - x(-margin)}" height="${row - 4}"/>`
      : null
  }${bound === undefined ? null : html`<path class="bound" d="M${x(bound)} ${y - row / 3}V${y + row / 3}"/>`}${values.map(
    (value) => html`<circle class="seed" cx="${x(value)}" cy="${y + row / 4.5}" r="2.2"/>`,
  )}${line(interval, 'interval')}${isBand ? line(equivalenceInterval, 'interval inner') : null}${
    effect === null
      ? null
      : strategy
        ? marker(strategy, x(effect), y, 5)
        : html`<circle class="marker" cx="${x(effect)}" cy="${y}" r="5"/>`
  }<text class="label ${colour}" x="${s.left - 12}" y="${y + 4}" text-anchor="end" font-size="${s.label}">${s.short(label)}</text><text class="verdict ${verdict}" x="${s.width - s.right + 12}" y="${y + 4}">${verdict}</text></g>`;
}
