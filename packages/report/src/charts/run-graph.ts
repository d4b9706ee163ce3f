import { type GraphEdgeResult, shortNames } from '@branchline/evaluation';
import { scaleLinear } from 'd3-scale';
import { bold, fitText, formatCount, formatInteger, shortDigest, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, type StrategyView, startText } from '../view.js';
import { largest, svg, xAxis } from './frame.js';
import { layoutGraph, type PlacedNode } from './graph-layout.js';

const width = 1040;
const margin = { left: 92, right: 256, top: 14, bottom: 44 };
/** Distance from fresh weights to step 0, in pixels, where the lanes fan out. */
const fan = 40;
const labelSize = 11.5;

/** How much of a run graph exists, for a run that is not finished. */
export interface GraphProgress {
  /** The trained share, 0 to 1, of the segment that ends at the state with this key. */
  readonly trained: (key: string) => number;
  /** Whether the state with this key was released and evaluated. */
  readonly isReleased: (key: string) => boolean;
}

/** Data shared by the parts of the drawing. */
interface Drawing {
  /** Absent: all of it exists, and nothing is marked. */
  readonly progress: GraphProgress | undefined;
  readonly view: ReportView;
  readonly placed: readonly PlacedNode[];
  readonly at: (placed: PlacedNode) => readonly [number, number];
  /** Strategies of the bundle that ends at a node, in strand order. */
  readonly bundle: (node: number) => readonly StrategyView[];
  readonly strand: number;
}

/**
 * Draws the run graph: lanes of coloured strands, one per strategy that needs the segment. With `progress`, what is
 * trained is drawn solid and what is only planned as thin dots; releases that exist are filled.
 */
export function runGraph(view: ReportView, id: string, progress?: GraphProgress): Markup {
  const { graph } = view;
  const end = largest(
    graph.nodes.map((node) => node.position),
    1,
  );
  const x = scaleLinear([0, end], [margin.left, width - margin.right]);
  const layout = layoutGraph(graph, x.invert(margin.left + 34));
  const most = largest(
    graph.edges.map((edge) => edge.strategies.length),
    1,
  );
  const strand = Math.min(view.strategies.length > 8 ? 3 : 4, 22 / most);
  const bundles = layout.nodes.map(({ parent }) => (parent ? strategiesOf(view, parent) : []));
  const rows = rowsOf(layout.nodes, layout.lanes, strand);
  const at = (placed: PlacedNode): readonly [number, number] => {
    if (placed.node.kind === 'init') return [margin.left - fan, rows.y(placed.lane)];
    const position = x(placed.node.position);
    return placed.above < 0
      ? [position, rows.y(placed.lane)]
      : [position + placed.above * 15, rows.y(placed.lane) - rows.float(placed.lane)];
  };
  const drawing: Drawing = { progress, view, placed: layout.nodes, at, bundle: (node) => bundles[node] ?? [], strand };

  const steps = x.ticks(8);
  const plot = { left: margin.left, right: width - margin.right, top: margin.top, bottom: rows.bottom };
  const segments = graph.edges.filter(({ kind }) => kind === 'train');
  const shared = segments.filter((edge) => edge.strategies.length > 1).length;
  const whole = segments.filter(({ to }) => progress !== undefined && progress.trained(graph.nodes[to]!.key) >= 1);
  const soFar = progress === undefined ? '' : ` ${whole.length} segments are trained as a whole.`;
  return svg(
    width,
    rows.bottom + margin.bottom,
    {
      id,
      title: 'Run graph',
      description: `${graph.nodes.length} checkpoints and ${segments.length} segments, ${shared} of them shared by several strategies, from ${startText(view.results)} on the left to step ${end} on the right.${soFar}`,
    },
    html`<g class="axis">${steps.map((step) => html`<line class="grid" x1="${x(step)}" x2="${x(step)}" y1="${margin.top - 8}" y2="${rows.bottom}"/>`)}</g>${xAxis(plot, x, steps, formatCount, 'Steps since the start')}${averages(drawing)}${layout.nodes.map((placed) => segment(placed, drawing))}${layout.nodes.map((placed) => station(placed, drawing))}${layout.nodes.map((placed) => label(placed, drawing))}`,
  );
}

const strategiesOf = (view: ReportView, edge: GraphEdgeResult): StrategyView[] =>
  edge.strategies.flatMap((name) => view.byName.get(name) ?? []).sort((a, b) => a.index - b.index);

/** The vertical layout of lanes. Their heights depend on bundles, labels, and averages above. */
function rowsOf(nodes: readonly PlacedNode[], lanes: number, strand: number) {
  const thick = new Array<number>(lanes).fill(strand);
  const head = new Array<number>(lanes).fill(13);
  for (const { node, lane, above, isEnd, parent } of nodes) {
    if (node.kind === 'init') continue;
    thick[lane] = Math.max(thick[lane]!, (parent?.strategies.length ?? 1) * strand);
    if (above >= 0) head[lane] = 30;
    else if (node.releases.length > 0 && !isEnd) head[lane] = Math.max(head[lane]!, 24);
  }
  const ys: number[] = [];
  let y = margin.top - 6;
  for (let lane = 0; lane < lanes; lane++) {
    ys[lane] = y + head[lane]! + thick[lane]! / 2;
    y = ys[lane]! + thick[lane]! / 2 + 11;
  }
  return {
    y: (lane: number) => {
      const [low, high] = [ys[Math.floor(lane)] ?? y, ys[Math.ceil(lane)] ?? y];
      return low + (high - low) * (lane - Math.floor(lane));
    },
    float: (lane: number) => 16 + (thick[lane] ?? 0) / 2,
    bottom: y + 4,
  };
}

/** Offset of a strategy's strand from the middle of its bundle, in pixels. */
function offset(bundle: readonly StrategyView[], strategy: StrategyView, strand: number): number {
  const place = bundle.indexOf(strategy);
  return place < 0 ? 0 : (place - (bundle.length - 1) / 2) * strand;
}

function segment(placed: PlacedNode, drawing: Drawing): Markup | null {
  const { view, placed: all, at, bundle, strand, progress } = drawing;
  const edge = placed.parent;
  if (!edge) return null;
  const from = all[edge.from]!;
  const [x0, y0] = at(from);
  const [x1, y1] = at(placed);
  const strategies = strategiesOf(view, edge);
  // A reset has no steps: it exists when its source does.
  const share = progress?.trained((edge.kind === 'reset' ? from : placed).node.key) ?? 1;
  const count =
    progress === undefined
      ? formatCount(edge.steps)
      : `${formatInteger(share * edge.steps)} of ${formatInteger(edge.steps)}`;
  const tip =
    edge.kind === 'reset'
      ? 'Continues from this checkpoint without some of its parts'
      : `${count} steps for ${edge.strategies.join(', ')}`;
  return html`<g>${strategies.map((strategy) => {
    // A strand keeps its offset through a node, so that bundles split smoothly.
    const start =
      from.node.kind === 'init'
        ? offset(strategies, strategy, strand * 0.7)
        : offset(bundle(edge.from), strategy, strand);
    const path = track(x0, y0 + start, x1, y1 + offset(strategies, strategy, strand));
    const drawn = (kind: string, part: Markup | null) =>
      html`<path class="strand ${strategy.colour} ${kind}" data-s="${strategy.index}" stroke-width="${Math.max(1, strand - 0.4)}"${part} d="${path}"/>`;
    if (share >= 1) return drawn(edge.kind, null);
    // The dash covers the trained share of the path, whatever its length in pixels.
    const begun = share > 0 ? drawn(edge.kind, html` pathLength="1" stroke-dasharray="${share} 2"`) : null;
    return html`${drawn('planned', null)}${begun}`;
  })}<title>${tip}</title></g>`;
}

/** A track along a lane, or as an S-curve into another lane. */
function track(x0: number, y0: number, x1: number, y1: number): string {
  const p = (value: number) => value.toFixed(1);
  const rise = Math.abs(y1 - y0);
  if (rise < 0.05) return `M${p(x0)} ${p(y0)}H${p(x1)}`;
  const bend = Math.min(rise < 24 ? 14 : 30, Math.max(8, x1 - x0));
  const turn = x0 + bend;
  return `M${p(x0)} ${p(y0)}C${p(x0 + bend * 0.55)} ${p(y0)} ${p(turn - bend * 0.55)} ${p(y1)} ${p(turn)} ${p(y1)}H${p(Math.max(turn, x1))}`;
}

function averages({ view, placed, at, progress }: Drawing): Markup {
  return html`${view.graph.edges.map((edge) => {
    if (edge.kind !== 'average') return null;
    const [x0, y0] = at(placed[edge.from]!);
    const [x1, y1] = at(placed[edge.to]!);
    const strategies = strategiesOf(view, edge);
    const ahead = progress?.isReleased(placed[edge.to]!.node.key) === false ? 'planned ' : '';
    return html`<path class="average ${ahead}${strategies[0]?.colour ?? 'c0'}" d="M${x0} ${y0}Q${x0 + (x1 - x0) * 0.35} ${y1} ${x1} ${y1}"/>`;
  })}`;
}

function station(placed: PlacedNode, { view, at, bundle, strand, progress }: Drawing): Markup | null {
  const { node } = placed;
  const [x, y] = at(placed);
  const what = { init: startText(view.results), derived: 'average', step: 'checkpoint', reset: 'reset' }[node.kind];
  const isReleased = progress !== undefined && node.releases.length > 0 && progress.isReleased(node.key);
  const isAhead = progress !== undefined && !isReleased && (node.kind === 'derived' || progress.trained(node.key) < 1);
  const state = isReleased ? ' done' : isAhead ? ' ahead' : '';
  const released = node.releases
    .map((release) => `${view.versionName(release.version)} of ${release.strategy}`)
    .join(', ');
  const tip = html`<title>${`${what} at step ${node.position}${released ? `; ${isAhead ? 'will release' : 'releases'} ${released}` : ''}; key ${shortDigest(node.key)}`}</title>`;
  if (node.kind === 'init') {
    return html`<rect class="station init" x="${x - 6}" y="${y - 6}" width="12" height="12" rx="2">${tip}</rect>`;
  }
  if (node.kind === 'derived') {
    return html`<path class="station derived${state}" d="M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z">${tip}</path>`;
  }
  if (node.kind === 'reset') return null; // lies on the checkpoint that it derives from
  if (node.releases.length === 0) return html`<circle class="stop${state}" cx="${x}" cy="${y}" r="1.9">${tip}</circle>`;
  const half = Math.max(4.2, (bundle(node.id).length * strand) / 2 + 2.4);
  return html`<rect class="station${state}" x="${x - 4.2}" y="${y - half}" width="8.4" height="${2 * half}" rx="4.2">${tip}</rect>`;
}

/** The version and, at the end of a lane, the strategies that release it. */
function label(placed: PlacedNode, drawing: Drawing): Markup | null {
  const { node, isEnd, above, lane } = placed;
  const [x, y] = drawing.at(placed);
  if (node.kind === 'init')
    return html`<text class="mark-label" x="${x - 11}" y="${y + 4}" text-anchor="end">start</text>`;
  if (node.releases.length === 0) return null;
  const versions = [...new Set(node.releases.map((release) => drawing.view.versionMark(release.version)))].join(', ');
  if (above < 0 && !isEnd) {
    const half = (drawing.bundle(node.id).length * drawing.strand) / 2;
    return html`<text class="mark-label" x="${x}" y="${y - half - 7}" text-anchor="middle">${versions}</text>`;
  }
  const isLast = drawing.placed.every(
    (other) => other.lane !== lane || other.node.kind === 'init' || other.node.position <= node.position,
  );
  if (!isLast) return html`<text class="mark-label" x="${x + 9}" y="${y + 4}">${versions}</text>`;
  const names = node.releases.flatMap((release) => drawing.view.byName.get(release.strategy) ?? []);
  const room = width - x - 14 - textWidth(`${versions} `, labelSize * bold);
  const all = drawing.view.shown.map(({ name }) => name);
  const short = shortNames(all, room, (text) => textWidth(text, labelSize * bold));
  const text = fitText(names.map(({ name }) => short(name)).join(', '), room, labelSize * bold);
  return html`<text class="mark-label" x="${x + 9}" y="${y + 4}">${versions} <tspan class="label ${names[0]?.colour ?? 'c0'}">${text}</tspan></text>`;
}
