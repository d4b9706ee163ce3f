/** Bar charts. */
import { scaleLinear } from 'd3-scale';
import { type Plot, paddedExtent, tickFormat, xAxis } from '../charts/frame.js';
import { fitText } from '../format.js';
import { html } from '../html.js';
import {
  type Drawing,
  estimateText,
  type FigureSize,
  fitTitle,
  isDrawable,
  legendRows,
  lookOf,
  widthOf,
} from './drawing.js';
import type { BarsFigure } from './figure.js';

const row = 24;
const text = 12;
const names = { wide: 290, narrow: 128 };

/** Draws bars. The axis always includes 0, where all bars start. */
export function drawBars({ bars, valueTitle }: BarsFigure, size: FigureSize): Drawing {
  const width = widthOf[size];
  const groups = [...new Set(bars.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  const looks = new Map(groups.map((group, index) => [group, lookOf(index)]));
  const legend = legendRows(
    groups.map((label) => ({ label, look: looks.get(label)! })),
    width,
  );
  const shown = bars.filter(({ value }) => isDrawable(value));
  const plot: Plot = {
    left: names[size],
    right: width - (size === 'wide' ? 130 : 14),
    top: legend.height + 6,
    bottom: legend.height + 6 + shown.length * row,
  };
  const ends = shown.flatMap(({ value }) => [value.low, value.value, value.high]);
  const [low, high] = paddedExtent([...ends, 0], 0.04);
  const x = scaleLinear(
    [ends.some((end) => end < 0) ? low : 0, ends.some((end) => end > 0) ? high : 0],
    [plot.left, plot.right],
  );
  const ticks = x.ticks(size === 'wide' ? 7 : 3);
  const drawn = shown.map(({ label, value, group }, index) => {
    const y = plot.top + index * row;
    const [from, to] = [Math.min(x(0), x(value.value)), Math.max(x(0), x(value.value))];
    const colour = group === undefined ? 'c1' : looks.get(group)!.colour;
    return html`<g class="${colour}"><rect class="fill" x="${from}" y="${y + 5}" width="${to - from}" height="${row - 10}" rx="2"/>${
      value.low === value.high
        ? null
        : html`<path class="whisker" d="M${x(value.low)} ${y + row / 2}H${x(value.high)}"/>`
    }<text class="key" x="${plot.left - 8}" y="${y + 16}" text-anchor="end">${fitText(label, plot.left - 10, text)}<title>${label}</title></text>${
      size === 'wide'
        ? html`<text class="value" x="${width}" y="${y + 16}" text-anchor="end">${estimateText(value, 4)}</text>`
        : null
    }</g>`;
  });
  return {
    width,
    height: plot.bottom + 42,
    description: bars.map(({ label, value }) => `${label}: ${estimateText(value, 4)}`).join('; '),
    content: html`${legend.content}${xAxis(plot, x, ticks, tickFormat(ticks), fitTitle(valueTitle, plot, width))}<line class="rule" x1="${x(0)}" x2="${x(0)}" y1="${plot.top}" y2="${plot.bottom}"/>${drawn}`,
  };
}
