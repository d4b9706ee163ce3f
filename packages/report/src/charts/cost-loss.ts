import { hasDiverged, shortNames } from '@branchline/evaluation';
import { scaleLinear } from 'd3-scale';
import { bold, formatCount, formatLoss, formatPercent, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, releaseWithCost, type StrategyView } from '../view.js';
import { CUT_NOTE, largest, paddedExtent, svg, tickFormat, withoutDiverged, xAxis, yAxis } from './frame.js';
import { type Box, type PlacedLabel, type PointLabel, placeLabels } from './labels.js';
import { capitalized, HELD_OUT } from './measured-loss.js';
import { marker } from './symbols.js';

interface Point {
  readonly strategy: StrategyView;
  readonly tokens: number;
  readonly loss: number;
}

/** The points that no other point beats in both cost and loss, sorted by cost. Keeps all of equal points. */
export function paretoFront<P extends { readonly tokens: number; readonly loss: number }>(points: readonly P[]): P[] {
  return points
    .filter(
      (p) => !points.some((q) => q.tokens <= p.tokens && q.loss <= p.loss && (q.tokens < p.tokens || q.loss < p.loss)),
    )
    .sort((a, b) => a.tokens - b.tokens || b.loss - a.loss);
}

const sizes = {
  wide: { width: 1040, height: 440, left: 52, right: 24, top: 30, bottom: 46, radius: 8, name: 14, values: 12.5 },
  narrow: { width: 360, height: 420, left: 42, right: 10, top: 30, bottom: 46, radius: 6, name: 12, values: 11 },
  small: { width: 340, height: 236, left: 40, right: 8, top: 10, bottom: 40, radius: 5, name: 11, values: 10 },
};

/** What the cost axis of an unfinished run is scaled by, and what stands where there are no points yet. */
export interface CostScale {
  /** Tokens that count as 100%, and what they are. */
  readonly whole: number;
  readonly what: string;
  /** The highest cost of the chart, in tokens. */
  readonly dearest: number;
  readonly empty: string;
}

/** Plots the cost of all versions up to `version` against a loss of that version, with the Pareto front. */
export function costAgainstLoss(
  view: ReportView,
  version: number,
  size: keyof typeof sizes,
  id: string,
  measured = HELD_OUT,
  scale: CostScale = costScale(view),
): Markup {
  const s = sizes[size];
  const points = view.strategies.flatMap((strategy): Point[] => {
    const release = releaseWithCost(strategy, version);
    const loss = release && measured.pick(release);
    return loss === undefined ? [] : [{ strategy, tokens: release!.cumulative.tokens, loss }];
  });
  const { whole, dearest, what, empty } = scale;
  const plot = { left: s.left, right: s.width - s.right, top: s.top, bottom: s.height - s.bottom };
  const x = scaleLinear([0, dearest * 1.06], [plot.left, plot.right]);
  const { values, cut } = withoutDiverged(
    points.map(({ loss }) => ({ value: loss, diverged: hasDiverged(view.results, loss) })),
  );
  const y = scaleLinear(paddedExtent(values, 0.16), [plot.bottom, plot.top]).clamp(cut);
  const front = paretoFront(points);

  const shares = scaleLinear([0, (dearest * 1.06) / whole], [0, 1]).ticks(size === 'wide' ? 10 : 5);
  const losses = y.ticks(size === 'wide' ? 6 : 4);
  const axes = html`${yAxis(plot, y, losses, tickFormat(losses), size === 'small' ? '' : `${capitalized(measured.name)}, nats per token (the axis does not start at 0${cut ? `; ${CUT_NOTE}` : ''})`)}${xAxis(
    plot,
    x,
    shares.map((share) => share * whole),
    (tokens) => formatPercent(tokens / whole),
    size === 'wide'
      ? `Tokens trained for all versions so far; 100% is ${formatCount(whole)}, ${what}`
      : `Tokens; 100% is ${formatCount(whole)}`,
  )}`;

  const corners = front.map((p) => [x(p.tokens), y(p.loss)] as const);
  const stairs = corners
    .map(([px, py], i) =>
      i === 0 ? `M${px.toFixed(1)} ${plot.top}V${py.toFixed(1)}` : `H${px.toFixed(1)}V${py.toFixed(1)}`,
    )
    .join('');
  const frontLine =
    corners.length > 0
      ? html`<path class="dominated" d="${`${stairs}H${plot.right}V${plot.top}Z`}"/><path class="front" d="${`${stairs}H${plot.right}`}"/>`
      : null;
  // A strategy that uses all data costs at least one pass over it, so there are no points left of this line.
  const once = view.results.data.versions.filter((v) => v.index <= version).reduce((sum, v) => sum + v.tokens, 0);
  const floor = html`<line class="floor" x1="${x(once)}" x2="${x(once)}" y1="${plot.top}" y2="${plot.bottom}"/>`;
  const hints =
    size === 'small' || x(once) - plot.left < 150
      ? []
      : [`every token once: ${formatPercent(once / whole)}`, 'less would skip text'];
  const hint = { x: x(once) - 7, y: plot.bottom - 9 - 15 * (hints.length - 1) };
  const hintTexts = hints.map(
    (line, i) => html`<text class="hint" x="${hint.x}" y="${hint.y + 15 * i}" text-anchor="end">${line}</text>`,
  );
  const legs = corners.flatMap(([px, py], i): Box[] => {
    const [nextX, fromY] = [corners[i + 1]?.[0] ?? plot.right, corners[i - 1]?.[1] ?? plot.top];
    return [
      { x0: px, x1: nextX, y0: py - 2, y1: py + 2 },
      { x0: px - 2, x1: px + 2, y0: fromY, y1: py },
    ];
  });

  const shownNames = view.shown.map(({ name }) => name);
  const labels = placeLabels(
    grouped((size === 'small' && points.length > 8) || view.others.length > 0 ? few(points, front) : points, x, y).map(
      (group) => labelOf(group, s, whole, size, shownNames),
    ),
    { x0: plot.left + 2, x1: s.width, y0: plot.top - 8, y1: plot.bottom - 2 },
    hints.length === 0 ? legs : [...legs, { x0: hint.x - 150, x1: hint.x, y0: hint.y - 11, y1: plot.bottom }],
  );
  const description = points
    .filter((point) => !isGrey(point))
    .map((p) => `${p.strategy.name}: ${formatPercent(p.tokens / whole)} of the tokens, loss ${formatLoss(p.loss)}`)
    .join('; ');
  return svg(
    s.width,
    s.height,
    {
      id,
      title: `Cost against ${measured.name} of ${view.versionName(version)}`,
      description,
    },
    html`${axes}${floor}${hintTexts}${grey(points.filter(isGrey), x, y, s.radius)}${frontLine}${points.length > 0 ? null : html`<text class="hint" x="${(plot.left + plot.right) / 2}" y="${(plot.top + plot.bottom) / 2}" text-anchor="middle">${empty}</text>`}${labels.filter((label) => label.leader).map(leaderLine)}${points
      .filter((point) => !isGrey(point))
      .map(
        (p) =>
          html`<g data-s="${p.strategy.index}">${marker(p.strategy, x(p.tokens), y(p.loss), s.radius, `${p.strategy.name}, ${view.versionName(version)}: loss ${formatLoss(p.loss)} for ${formatCount(p.tokens)} tokens (${formatPercent(p.tokens / whole)})`)}</g>`,
      )}${labels.map((placed) => labelText(placed))}`,
  );
}

/** The tokens that count as 100%, in words, and the highest cost of a chart. */
function costScale({ strategies, baseline }: ReportView): CostScale {
  const dearest = largest(
    strategies.map(({ result }) => result.cost.standalone.tokens),
    1,
  );
  const empty = 'nothing was released';
  // The whole cost of the baseline is not known before it has all its releases.
  return baseline.isWhole
    ? {
        ...{ dearest, empty },
        whole: Math.max(1, baseline.result.cost.standalone.tokens),
        what: 'what the baseline needs for all of them',
      }
    : { ...{ dearest, empty }, whole: dearest, what: 'the most that a strategy has trained' };
}

/** Whether a point is one of many strategies that are only drawn as a crowd. */
const isGrey = ({ strategy }: Point) => !strategy.isShown;

/** The crowd, without symbols, in one colour. */
const grey = (points: readonly Point[], x: (v: number) => number, y: (v: number) => number, radius: number): Markup =>
  html`<g class="cr">${points.map(
    ({ strategy, tokens, loss }) =>
      html`<circle class="marker" cx="${x(tokens)}" cy="${y(loss)}" r="${radius * 0.55}"><title>${strategy.name}: ${formatLoss(loss)}</title></circle>`,
  )}</g>`;

interface Group extends PointLabel {
  readonly members: readonly Point[];
}

/** Points to label if there is no room for all names: the front and the baseline. */
const few = (points: readonly Point[], front: readonly Point[]) =>
  points.filter((point) => point.strategy.isBaseline || front.includes(point));

/**
 * Groups points at the same position, which share a label. Equal releases are common, since strategies share prefixes.
 */
function grouped(points: readonly Point[], x: (v: number) => number, y: (v: number) => number) {
  const groups: { x: number; y: number; members: Point[] }[] = [];
  for (const point of points) {
    const [px, py] = [x(point.tokens), y(point.loss)];
    const same = groups.find((group) => Math.hypot(group.x - px, group.y - py) < 1.5);
    if (same) same.members.push(point);
    else groups.push({ x: px, y: py, members: [point] });
  }
  return groups;
}

function labelOf(
  group: { x: number; y: number; members: readonly Point[] },
  s: (typeof sizes)['wide'],
  whole: number,
  size: keyof typeof sizes,
  all: readonly string[],
): Group {
  // A label must fit to the left or to the right of its mark.
  const room = Math.max(s.width - group.x, group.x - s.left) - s.radius - 10;
  const widest = Math.min(room, size === 'wide' ? 380 : 230);
  const short = shortNames(all, widest, (text) => textWidth(text, s.name * bold));
  const names = group.members.map((p) => short(p.strategy.name));
  const first = group.members[0]!;
  const values = `${formatLoss(first.loss)} at ${formatPercent(first.tokens / whole)}`;
  return {
    ...group,
    radius: s.radius + 1,
    lines: [
      ...names.map((text) => ({ text, size: s.name })),
      ...(size === 'small' ? [] : [{ text: values, size: s.values }]),
    ],
  };
}

function leaderLine({ label, x, y, width, height, anchor }: PlacedLabel<Group>): Markup {
  const end = anchor === 'start' ? x - 2 : anchor === 'end' ? x + width + 2 : x + width / 2;
  const level = anchor === 'middle' ? (y > label.y ? y : y + height) : y + height / 2;
  return html`<line class="leader" x1="${label.x}" y1="${label.y}" x2="${end}" y2="${level}"/>`;
}

function labelText({ label, x, y, width, anchor }: PlacedLabel<Group>): Markup {
  const at = anchor === 'start' ? x : anchor === 'end' ? x + width : x + width / 2;
  let line = y;
  return html`${label.lines.map(({ text, size }, index) => {
    line += size * 1.25;
    const member = label.members[index];
    return member
      ? html`<text class="label ${member.strategy.colour}" data-s="${member.strategy.index}" x="${at}" y="${line - size * 0.3}" font-size="${size}" text-anchor="${anchor}">${text}</text>`
      : html`<text class="value" data-s="${label.members[0]!.strategy.index}" x="${at}" y="${line - size * 0.3}" font-size="${size}" text-anchor="${anchor}">${text}</text>`;
  })}`;
}
