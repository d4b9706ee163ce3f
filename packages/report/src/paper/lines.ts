/** Line charts: a line per series, with its intervals as a band. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { type Plot, paddedExtent, tickFormat, xAxis, yAxis } from '../charts/frame.js';
import { polyline } from '../charts/polyline.js';
import { type Look, marker } from '../charts/symbols.js';
import { bold, fitText, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import {
  type Drawing,
  estimatesExtent,
  estimateText,
  type FigureSize,
  fitTitle,
  isDrawable,
  legendRows,
  lookOf,
  widthOf,
} from './drawing.js';
import type { LineSeries, LinesFigure } from './figure.js';

type Panel = LinesFigure['panels'][number];

/** The shared interface of linear and logarithmic scales. */
interface Axis {
  (value: number): number;
  ticks(count?: number): number[];
}

const panelHeight = 270;
const gap = 26;
const title = 12;
/** Maximum width of a tick label. The last one is centred on the edge of the plot. */
const tickWidth = 56;

export function drawLines(figure: LinesFigure, size: FigureSize): Drawing {
  const { panels } = figure;
  const width = widthOf[size];
  const labels = [...new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)))];
  const looks = new Map(labels.map((label, index) => [label, lookOf(index)]));
  const legend = legendRows(
    labels.map((label) => ({ label, look: looks.get(label)! })),
    width,
  );
  const perRow = size === 'narrow' ? 1 : Math.max(1, Math.min(panels.length, 3));
  const column = (width - gap * (perRow - 1)) / perRow;
  const drawn = panels.map((panel, index) => {
    const left = (index % perRow) * (column + gap);
    const top = legend.height + Math.floor(index / perRow) * (panelHeight + gap);
    return html`<g transform="translate(${left} ${top})">${drawPanel(panel, figure, looks, column)}</g>`;
  });
  const rows = Math.ceil(panels.length / perRow);
  return {
    width,
    height: legend.height + rows * (panelHeight + gap) - gap,
    description: panels
      .flatMap((panel) => panel.series.map((one) => `${panel.title} ${one.label}: ${describe(one)}`))
      .join('; '),
    content: html`${legend.content}${drawn}`,
  };
}

const describe = ({ points }: LineSeries) => points.map(({ x, y }) => `${x}: ${estimateText(y, 4)}`).join(', ');

function drawPanel(
  { title: name, series, levels = [] }: Panel,
  figure: LinesFigure,
  looks: ReadonlyMap<string, Look>,
  width: number,
): Markup {
  const plot: Plot = { left: 52, right: width - 24, top: name === '' ? 28 : 50, bottom: panelHeight - 44 };
  const known = series.map((one) => ({ ...one, points: one.points.filter(({ y }) => isDrawable(y)) }));
  const x = horizontal(figure, plot);
  const estimates = known.flatMap(({ points }) => points.map((point) => point.y));
  const extent = estimatesExtent(
    estimates,
    levels.map(({ value }) => value),
  );
  const y = scaleLinear(extent, [plot.bottom, plot.top]).clamp(true);
  const heights = y.ticks(5);
  const ticks = ticksOf(figure.xTicks, x);
  const axes = html`${yAxis(plot, y, heights, tickFormat(heights), fitText(figure.yTitle, width, 11.5))}${xAxis(
    plot,
    x,
    [...ticks.keys()],
    (at) => ticks.get(at)!,
    fitTitle(figure.xTitle, plot, width),
  )}`;
  // All bands lie below all lines.
  const bands = known.map(({ label, points }) => drawBand(points, looks.get(label)!, x, y));
  const lines = known.map(({ label, points }) => drawSeries({ label, points }, looks.get(label)!, x, y));
  const marks = levels.map(
    ({ label, value }) =>
      html`<line class="bound" x1="${plot.left}" x2="${plot.right}" y1="${y(value)}" y2="${y(value)}"/><text class="hint" x="${plot.right - 4}" y="${y(value) - 5}" text-anchor="end">${fitText(label, plot.right - plot.left, title)}</text>`,
  );
  const heading = name === '' ? null : html`<text class="panel" x="0" y="14">${fitText(name, width, 13 * bold)}</text>`;
  return html`${heading}${axes}${bands}${marks}${lines}`;
}

/** Ticks with labels. If two labels would overlap, the right one is left out. */
function ticksOf(given: LinesFigure['xTicks'], x: Axis): ReadonlyMap<number, string> {
  const round = x.ticks(5);
  const plain = tickFormat(round);
  const ticks = given ?? round.map((at) => ({ at, label: plain(at) }));
  let free = Number.NEGATIVE_INFINITY;
  return new Map(
    [...ticks]
      .sort((a, b) => x(a.at) - x(b.at))
      .map(({ at, label }) => {
        const text = fitText(label, tickWidth, 11.5);
        const half = textWidth(text, 11.5) / 2;
        if (x(at) - half < free) return [at, ''];
        free = x(at) + half;
        return [at, text];
      }),
  );
}

/** The horizontal axis, equal in all panels. */
function horizontal({ panels, xTicks = [], xScale }: LinesFigure, plot: Plot): Axis {
  const all = [
    ...panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map((point) => point.x))),
    ...xTicks.map(({ at }) => at),
  ].filter((at) => Number.isFinite(at) && (xScale !== 'log' || at > 0));
  if (xScale !== 'log') return scaleLinear(paddedExtent(all, 0.06), [plot.left, plot.right]);
  const [low, high] = paddedExtent(
    all.map((at) => Math.log(at)),
    0.06,
  );
  return scaleLog([Math.exp(low), Math.exp(high)], [plot.left, plot.right]);
}

function drawBand(points: LineSeries['points'], look: Look, x: Axis, y: Axis): Markup | null {
  if (points.length < 2) return null;
  const p = (value: number) => value.toFixed(1);
  const upper = points.map((point) => `${p(x(point.x))} ${p(y(point.y.high))}`);
  const lower = points.map((point) => `${p(x(point.x))} ${p(y(point.y.low))}`).reverse();
  return html`<path class="under ${look.colour}" d="M${[...upper, ...lower].join('L')}Z"/>`;
}

function drawSeries({ points, label }: LineSeries, look: Look, x: Axis, y: Axis): Markup {
  const line = polyline(
    points.map((point) => [point.x, point.y.value] as const),
    x,
    y,
  );
  return html`<g class="${look.colour}"><path class="line series" d="${line}"/>${points.map((point) =>
    marker(look, x(point.x), y(point.y.value), 4.5, `${label}: ${estimateText(point.y, 4)}`),
  )}</g>`;
}
