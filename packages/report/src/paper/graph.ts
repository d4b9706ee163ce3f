/** Run graphs below each other on one axis of steps, for comparing lengths. */
import { scaleLinear } from 'd3-scale';
import type { Scale } from '../charts/frame.js';
import { largest, xAxis } from '../charts/frame.js';
import { type GraphLayout, layoutGraph, type PlacedNode } from '../charts/graph-layout.js';
import { bold, fitText, formatCount, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { type Drawing, type FigureSize, legendRows, lookOf, widthOf } from './drawing.js';
import type { FigureGraph, GraphFigure } from './figure.js';

type Node = FigureGraph['nodes'][number];
type Edge = FigureGraph['edges'][number];
type Placed = PlacedNode<Node, Edge>;

const lane = 30;
const strand = 4;
const sizes = { wide: { left: 92, right: 44 }, narrow: { left: 44, right: 36 } };

export function drawGraph({ panels, unit }: GraphFigure, size: FigureSize): Drawing {
  const width = widthOf[size];
  const { left, right } = sizes[size];
  const names = [...new Set(panels.flatMap(({ graph }) => graph.edges.flatMap(({ strategies }) => strategies)))];
  const colours = new Map(names.map((name, index) => [name, lookOf(index).colour]));
  const legend = legendRows(
    names.length < 2 ? [] : names.map((label, index) => ({ label, look: lookOf(index) })),
    width,
  );
  const end = largest(
    panels.flatMap(({ graph }) => graph.nodes.map(({ position }) => position)),
    1,
  );
  const x = scaleLinear([0, end], [left, width - right]);
  const length = (steps: number) => (unit === undefined ? formatCount(steps) : inUnits(steps / unit.steps, unit.name));
  let top = legend.height;
  const drawn = panels.map(({ title, graph }) => {
    const layout = layoutGraph(graph, x.invert(left + 40));
    const trained = graph.edges.reduce((sum, edge) => sum + edge.steps, 0);
    const total = `trained: ${length(trained)}`;
    const at = top;
    top += 34 + layout.lanes * lane + 10;
    return html`<g transform="translate(0 ${at})"><text class="panel" x="0" y="14">${fitText(title, width - textWidth(total, 13 * bold) - 16, 13 * bold)}<title>${title}</title></text><text class="panel" x="${width}" y="14" text-anchor="end">${total}</text>${drawLayout(layout, { x, size, length, colours })}</g>`;
  });
  const ticks = ticksOf(x, unit);
  const axis = xAxis(
    { left, right: width - right, top: 0, bottom: top },
    x,
    ticks,
    (steps) => (steps === 0 ? '0' : length(steps)),
    unit === undefined ? 'steps since the weights were drawn' : '',
  );
  return {
    width,
    height: top + (unit === undefined ? 44 : 26),
    description: panels
      .map(
        ({ title, graph }) =>
          `${title}: ${length(graph.edges.reduce((sum, edge) => sum + edge.steps, 0))} trained, ${graph.nodes.length} checkpoints`,
      )
      .join('; '),
    content: html`${legend.content}${drawn}${axis}`,
  };
}

/** `0.6T`, `10T`. */
const inUnits = (value: number, name: string) => `${Number(value.toFixed(2))}${fitText(name, 48, 11.5)}`;

function ticksOf(x: Scale, unit: GraphFigure['unit']): readonly number[] {
  if (unit === undefined) return x.ticks(6);
  const count = Math.floor(x.domain()[1]! / unit.steps + 1e-9);
  const stride = Math.ceil(count / 8) || 1;
  return Array.from({ length: Math.floor(count / stride) + 1 }, (_, index) => index * stride * unit.steps);
}

interface Look {
  readonly x: Scale;
  readonly size: FigureSize;
  readonly length: (steps: number) => string;
  readonly colours: ReadonlyMap<string, string>;
}

function drawLayout({ nodes, roots }: GraphLayout<Node, Edge>, look: Look): Markup {
  const y = (row: number) => 40 + row * lane;
  const start = look.x(0) - (look.size === 'wide' ? 34 : 22);
  const place = (one: Placed): readonly [number, number] => {
    if (one.node.kind === 'init') return [start, y(one.lane)];
    const x = look.x(one.node.position);
    return one.above < 0 ? [x, y(one.lane)] : [x + one.above * 12, y(one.lane) - 13];
  };
  const byId = new Map(nodes.map((one) => [one.node.id, one]));
  const segments = nodes.map((one) => {
    const from = one.parent === undefined ? undefined : byId.get(one.parent.from);
    return from === undefined ? null : segment(one.parent!, place(from), place(one), from.node.kind === 'init', look);
  });
  const stations = nodes.map((one) => station(one, place(one), look.size, roots.length));
  return html`${segments}${stations}`;
}

/** A strand per strategy, labelled with its length if there is room. */
function segment(
  { strategies, steps, kind }: Edge,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  isFirst: boolean,
  { colours, length, x }: Look,
): Markup {
  const p = (value: number) => value.toFixed(1);
  const turn = Math.min(x1, x0 + 22);
  const paths = strategies.map((name, index) => {
    const shift = (index - (strategies.length - 1) / 2) * strand;
    const [a, b] = [y0 + shift, y1 + shift];
    const d =
      Math.abs(y1 - y0) < 0.05
        ? `M${p(x0)} ${p(a)}H${p(x1)}`
        : `M${p(x0)} ${p(a)}C${p((x0 + turn) / 2)} ${p(a)} ${p((x0 + turn) / 2)} ${p(b)} ${p(turn)} ${p(b)}H${p(x1)}`;
    return html`<path class="strand ${colours.get(name)} ${kind}" stroke-width="${strand - 0.4}" d="${d}"/>`;
  });
  const from = isFirst ? x(0) : turn;
  const words = length(steps);
  const half = (strategies.length * strand) / 2;
  const fits = steps > 0 && x1 - from > textWidth(words, 11.5) + 16;
  const label = fits
    ? html`<text class="value" x="${(from + x1) / 2}" y="${y1 - half - 4}" text-anchor="middle">${words}</text>`
    : null;
  return html`<g>${paths}${label}<title>${`${words} for ${strategies.join(', ')}`}</title></g>`;
}

function station(
  { node, isEnd }: Placed,
  [x, y]: readonly [number, number],
  size: FigureSize,
  roots: number,
): Markup | null {
  if (node.kind === 'init') {
    const word =
      size === 'wide' && roots > 0
        ? html`<text class="key soft" x="${x - 10}" y="${y + 4}" text-anchor="end">start</text>`
        : null;
    return html`<rect class="station init" x="${x - 5}" y="${y - 5}" width="10" height="10" rx="2"/>${word}`;
  }
  if (node.kind === 'reset') return null;
  if (node.releases.length === 0) return html`<circle class="stop" cx="${x}" cy="${y}" r="2.2"/>`;
  const versions = [...new Set(node.releases.map(({ version }) => `v${version}`))].join(', ');
  const name = isEnd
    ? html`<text class="mark-label" x="${x + 9}" y="${y + 4}">${versions}</text>`
    : html`<text class="mark-label" x="${x}" y="${y - 10}" text-anchor="middle">${versions}</text>`;
  const mark =
    node.kind === 'derived'
      ? html`<path class="station derived" d="M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z"/>`
      : html`<rect class="station" x="${x - 4}" y="${y - 6.5}" width="8" height="13" rx="4"/>`;
  return html`${mark}${name}`;
}
