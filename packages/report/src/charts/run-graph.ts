import { scaleLinear } from 'd3-scale';
import { fitText, formatCount } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, type StrategyView, versionLabel } from '../view.js';
import { svg, xAxis } from './frame.js';
import { layoutGraph, type PlacedNode } from './graph-layout.js';

const width = 1040;
const margin = { left: 58, right: 214, top: 22, bottom: 44 };

/** The run graph: lanes of coloured strands, one strand per strategy that needs the segment. */
export function runGraph(view: ReportView, id: string): Markup {
  const { graph } = view.results;
  const end = Math.max(1, ...graph.nodes.map((node) => node.position));
  const x = scaleLinear([0, end], [margin.left, width - margin.right]);
  const layout = layoutGraph(graph, x.invert(margin.left + 34));
  const strand = strandWidth(view, graph.edges);
  const rows = rowHeights(layout.nodes, layout.lanes, view, strand);
  const bottom = rows.bottom;
  const at = (placed: PlacedNode): [number, number] => {
    if (placed.node.kind === 'init') return [margin.left - 40, rows.y(placed.lane)];
    if (placed.above < 0) return [x(placed.node.position), rows.y(placed.lane)];
    return [x(placed.node.position) + 2 + placed.above * 15, rows.y(placed.lane) - rows.above(placed.lane)];
  };

  const segments = layout.nodes.flatMap((placed) => {
    const edge = placed.parent;
    if (!edge) return [];
    const from = layout.nodes[edge.from]!;
    const strategies = edge.strategies.flatMap((name) => view.byName.get(name) ?? []).sort((a, b) => a.index - b.index);
    const [x0, y0] = at(from);
    const [x1, y1] = at(placed);
    const tip =
      edge.kind === 'reset'
        ? 'Starts again from this checkpoint without some of its parts'
        : `${formatCount(edge.steps)} steps for ${edge.strategies.join(', ')}`;
    return [
      html`<g>${strategies.map((strategy, index) => {
        const offset = (index - (strategies.length - 1) / 2) * strand;
        return html`<path class="strand ${strategy.colour} ${edge.kind}" data-s="${strategy.index}" stroke-width="${Math.max(1, strand - 0.5)}" d="${track(x0, y0 + (from.node.kind === 'init' ? offset / 2 : offset), x1, y1 + offset)}"/>`;
      })}<title>${tip}</title></g>`,
    ];
  });
  const averages = graph.edges
    .filter((edge) => edge.kind === 'average')
    .map((edge) => {
      const [x0, y0] = at(layout.nodes[edge.from]!);
      const [x1, y1] = at(layout.nodes[edge.to]!);
      return html`<path class="average" d="M${x0} ${y0}Q${x1 - (x1 - x0) * 0.15} ${y1} ${x1} ${y1}"/>`;
    });
  const degree = new Map<number, number>();
  for (const edge of graph.edges) {
    if (edge.kind !== 'average') degree.set(edge.to, edge.strategies.length);
  }
  const steps = x.ticks(8);
  const plot = { left: margin.left, right: width - margin.right, top: margin.top, bottom };
  const height = bottom + margin.bottom;
  const shared = graph.edges.filter((edge) => edge.kind === 'train' && edge.strategies.length > 1).length;
  return svg(
    width,
    height,
    {
      id,
      title: 'Run graph',
      description: `${graph.nodes.length} checkpoints and ${graph.segments} segments, ${shared} of them shared by several strategies, from fresh weights on the left to step ${end} on the right.`,
    },
    html`<g class="axis">${steps.map((step) => html`<line class="grid" x1="${x(step)}" x2="${x(step)}" y1="${margin.top - 12}" y2="${bottom}"/>`)}</g>${xAxis(plot, x, steps, formatCount, 'Steps since the weights were drawn')}<g class="averages">${averages}</g>${segments}${layout.nodes.map((placed) => station(placed, at(placed), strand * (degree.get(placed.node.id) ?? 1)))}${layout.nodes.map((placed) => stationLabel(view, placed, at(placed), strand * (degree.get(placed.node.id) ?? 1)))}`,
  );
}

/** Strands are as wide as they can be while the thickest bundle stays thinner than a lane. */
function strandWidth(view: ReportView, edges: ReportView['results']['graph']['edges']): number {
  const most = Math.max(1, ...edges.map((edge) => edge.strategies.length));
  return Math.min(view.strategies.length > 8 ? 3 : 4, 22 / most);
}

/** Lanes are as high as what lies on them: bundles, labels, averages above. */
function rowHeights(nodes: readonly PlacedNode[], lanes: number, view: ReportView, strand: number) {
  const thick = new Array<number>(lanes).fill(1);
  const floats = new Array<boolean>(lanes).fill(false);
  for (const { node, lane, above, parent } of nodes) {
    if (node.kind === 'init') continue;
    if (above >= 0) floats[lane] = true;
    thick[lane] = Math.max(thick[lane]!, parent?.strategies.length ?? 1);
  }
  const above = (lane: number) => 15 + (thick[lane]! * strand) / 2;
  const ys: number[] = [];
  let y = margin.top - 12;
  for (let lane = 0; lane < lanes; lane++) {
    y += (floats[lane] ? 34 : 24) + (thick[lane]! * strand) / 2;
    ys[lane] = y;
    y += (thick[lane]! * strand) / 2 + 6;
  }
  void view;
  return {
    y: (lane: number) => {
      const [low, high] = [ys[Math.floor(lane)] ?? 40, ys[Math.ceil(lane)] ?? 40];
      return low + (high - low) * (lane - Math.floor(lane));
    },
    above: (lane: number) => above(Math.floor(lane)),
    bottom: y + 8,
  };
}

/** From a station along its lane, or by an S into another lane. */
function track(x0: number, y0: number, x1: number, y1: number): string {
  const p = (value: number) => value.toFixed(1);
  if (Math.abs(y1 - y0) < 0.05) return `M${p(x0)} ${p(y0)}H${p(x1)}`;
  const bend = Math.min(34, Math.max(8, x1 - x0));
  const turn = x0 + bend;
  return `M${p(x0)} ${p(y0)}C${p(x0 + bend * 0.55)} ${p(y0)} ${p(turn - bend * 0.55)} ${p(y1)} ${p(turn)} ${p(y1)}H${p(Math.max(turn, x1))}`;
}

function station({ node }: PlacedNode, [x, y]: [number, number], thickness: number): Markup {
  const half = Math.max(3.6, thickness / 2 + 1.6);
  const tip = html`<title>${`${node.kind === 'init' ? 'fresh weights' : `${node.kind === 'derived' ? 'average' : 'checkpoint'} at step ${node.position}`}${
    node.releases.length > 0
      ? `; releases ${node.releases.map((r) => `${versionLabel(r.version)} of ${r.strategy}`).join(', ')}`
      : ''
  }; key ${node.key.slice(0, 12)}`}</title>`;
  if (node.kind === 'init')
    return html`<rect class="station init" x="${x - 6}" y="${y - 6}" width="12" height="12" rx="2">${tip}</rect>`;
  if (node.kind === 'derived')
    return html`<path class="station derived" d="M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z">${tip}</path>`;
  if (node.kind === 'reset') return html``;
  if (node.releases.length > 0)
    return html`<rect class="station" x="${x - 4}" y="${y - half - 0.6}" width="8" height="${2 * half + 1.2}" rx="4">${tip}</rect>`;
  return html`<circle class="stop" cx="${x}" cy="${y}" r="1.9">${tip}</circle>`;
}

function stationLabel(
  view: ReportView,
  { node, isEnd, above, lane: _lane }: PlacedNode,
  [x, y]: [number, number],
  thickness: number,
): Markup | null {
  if (node.kind === 'init')
    return html`<text class="mark-label" x="${x}" y="${y + 20}" text-anchor="middle">start</text>`;
  if (node.releases.length === 0) return null;
  const versions = [...new Set(node.releases.map((release) => versionLabel(release.version)))].join(', ');
  if (above >= 0) return html`<text class="mark-label" x="${x + 9}" y="${y + 4}">${versions}</text>`;
  if (!isEnd)
    return html`<text class="mark-label" x="${x}" y="${y - Math.max(5, thickness / 2) - 6}" text-anchor="middle">${versions}</text>`;
  const names = node.releases.flatMap((release) => view.byName.get(release.strategy) ?? []);
  void names;
  return html`<text class="mark-label" x="${x + 9}" y="${y + 4}">${versions}</text>`;
}

export type { StrategyView };

void fitText;
