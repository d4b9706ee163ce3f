/** Cost against loss with the Pareto front, for a few dozen strategies: numbered marks and a key. */
import { scaleLinear } from 'd3-scale';
import { paretoFront } from '../charts/cost-loss.js';
import { type Plot, paddedExtent, type Scale, tickFormat, xAxis, yAxis } from '../charts/frame.js';
import { type Box, placeLabels } from '../charts/labels.js';
import { bold, fitText, formatPercent } from '../format.js';
import { html, type Markup } from '../html.js';
import { key } from './cost-loss-key.js';
import {
  type Drawing,
  estimatesExtent,
  estimateText,
  type FigureSize,
  fitTitle,
  isDrawable,
  widthOf,
} from './drawing.js';
import type { CostLossFigure, CostLossPoint } from './figure.js';
import { disk, type Mark, nameOf } from './mark.js';

/** Font sizes of names next to marks and of the numbers below them, as in the style sheet. */
const text = { name: 12, value: 11 };
const sizes = {
  wide: { left: 48, right: 14, height: 560, radius: 7.5, shares: 8 },
  narrow: { left: 40, right: 10, height: 430, radius: 6.5, shares: 4 },
};

export function drawCostLoss({ points: all, costTitle, lossTitle, floor }: CostLossFigure, size: FigureSize): Drawing {
  const s = sizes[size];
  const width = widthOf[size];
  const plot: Plot = { left: s.left, right: width - s.right, top: 30, bottom: s.height - 44 };
  const points = all.filter(({ cost, loss }) => Number.isFinite(cost) && isDrawable(loss));
  const front = paretoFront(points.map((point) => ({ tokens: point.cost, loss: point.loss.value, point })));
  const onFront = new Set(front.map(({ point }) => point));
  const costs = [...points.map(({ cost }) => cost), ...(floor === undefined ? [] : [floor.cost])];
  const x = scaleLinear(paddedExtent(costs, 0.07), [plot.left, plot.right]);
  const y = scaleLinear(lossExtent(points, onFront), [plot.bottom, plot.top]);
  const marks = placeMarks(points, { x, y, plot, radius: s.radius, onFront });
  const shares = x.ticks(s.shares);
  const losses = y.ticks(6);
  const axes = html`${yAxis(plot, y, losses, tickFormat(losses), fitText(lossTitle, width, 11.5))}${xAxis(plot, x, shares, formatPercent, fitTitle(costTitle, plot, width))}`;
  const once =
    floor === undefined
      ? null
      : html`<line class="floor" x1="${x(floor.cost)}" x2="${x(floor.cost)}" y1="${plot.top}" y2="${plot.bottom}"/><text class="hint" x="${x(floor.cost) + 6}" y="${plot.bottom - 8}">${fitText(floor.label, plot.right - x(floor.cost) - 8, 12)}</text>`;
  const whiskers = marks.map(({ point: { loss }, x: at, colour, isOnFront, isBeyond }) => {
    const [low, high] = [Math.min(plot.bottom, y(loss.low)), Math.max(plot.top, y(loss.high))];
    return isBeyond || loss.low === loss.high
      ? null
      : html`<path class="interval ${colour}" stroke-opacity="${isOnFront ? 0.9 : 0.28}" d="M${at} ${low}V${high}"/>`;
  });
  const list = key(marks, width, size);
  return {
    width,
    height: s.height + list.height,
    description: marks
      .map(({ point }) => `${point.label}: ${formatPercent(point.cost)}, ${estimateText(point.loss, 3)}`)
      .join('; '),
    content: html`${axes}${once}${stairs(
      front.map((one) => [x(one.tokens), y(one.loss)] as const),
      plot,
    )}${columns(marks, x, plot)}${whiskers}${marks.map((mark) => disk(mark, s.radius))}${size === 'narrow' ? null : names(marks, plot, s, front, { x, y })}<g transform="translate(0 ${s.height})">${list.content}</g>`,
  };
}

/**
 * The range of losses on the axis. Outliers (means more than three times as far above the best as the upper quartile)
 * are left out, because they would compress the others.
 */
function lossExtent(points: readonly CostLossPoint[], onFront: ReadonlySet<CostLossPoint>): [number, number] {
  const means = points.map(({ loss }) => loss.value).sort((a, b) => a - b);
  const best = means[0] ?? 0;
  const quartile = means[Math.floor(0.75 * (means.length - 1))] ?? best;
  const far = best + 3 * (quartile - best);
  const shown = points.filter((one) => one.loss.value <= far || one.baseline || onFront.has(one));
  return estimatesExtent(shown.map(({ loss }) => loss));
}

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly plot: Plot;
  readonly radius: number;
  readonly onFront: ReadonlySet<CostLossPoint>;
}

/**
 * Numbers marks by group, then in the given order. Moves overlapping marks aside; the front and the baseline move last.
 */
function placeMarks(points: readonly CostLossPoint[], { x, y, plot, radius, onFront }: Frame): readonly Mark[] {
  const groups = [...new Set(points.map(({ group }) => group))];
  const numbered = groups.flatMap((group, place) =>
    points
      .filter((point) => point.group === group)
      .map((point) => ({ point, colour: group === undefined ? 'c0' : `c${(place % 8) + 1}` })),
  );
  const marks = numbered.map(({ point, colour }, index): Mark => {
    const height = y(point.loss.value);
    const isBeyond = height < plot.top;
    return {
      point,
      number: index + 1,
      colour,
      isOnFront: onFront.has(point),
      x: x(point.cost),
      y: isBeyond ? plot.top + radius : height,
      isBeyond,
    };
  });
  const rank = ({ point, isOnFront }: Mark) => (isOnFront ? 0 : point.baseline ? 1 : 2);
  const placed = new Map<number, Mark>();
  for (const mark of [...marks].sort((a, b) => rank(a) - rank(b) || b.y - a.y || a.number - b.number)) {
    placed.set(mark.number, aside(mark, [...placed.values()], 1.7 * radius, plot));
  }
  return marks.map(({ number }) => placed.get(number)!);
}

/** The nearest free place to the left or right of a mark. */
function aside(mark: Mark, others: readonly Mark[], distance: number, plot: Plot): Mark {
  for (let step = 0; step < 400; step++) {
    // Offsets 0, +1, -1, +2, -2, ... in quarters of a mark.
    const x = mark.x + (step % 2 === 0 ? -1 : 1) * Math.ceil(step / 2) * (distance / 4);
    if (x - distance / 2 < plot.left || x + distance / 2 > plot.right) continue;
    if (others.every((other) => Math.hypot(other.x - x, other.y - mark.y) >= distance)) return { ...mark, x };
  }
  return mark;
}

/** Thin lines at costs whose marks were moved aside. */
function columns(marks: readonly Mark[], x: Scale, plot: Plot): Markup {
  const moved = marks.filter((mark) => Math.abs(mark.x - x(mark.point.cost)) > 1);
  const costs = [...new Set(moved.map(({ point }) => point.cost.toFixed(3)))];
  return html`${costs.map((cost) => html`<line class="column" x1="${x(Number(cost))}" x2="${x(Number(cost))}" y1="${plot.top}" y2="${plot.bottom}"/>`)}`;
}

function stairs(corners: readonly (readonly [number, number])[], plot: Plot): Markup | null {
  if (corners.length === 0) return null;
  const p = (value: number) => value.toFixed(1);
  const line = corners.map(([x, y], i) => (i === 0 ? `M${p(x)} ${plot.top}V${p(y)}` : `H${p(x)}V${p(y)}`)).join('');
  return html`<path class="dominated" d="${`${line}H${plot.right}V${plot.top}Z`}"/><path class="front" d="${`${line}H${plot.right}`}"/>`;
}

/** Names of the front and the baseline, if there is room. */
function names(
  marks: readonly Mark[],
  plot: Plot,
  { radius }: (typeof sizes)['wide'],
  front: readonly { readonly tokens: number; readonly loss: number }[],
  { x, y }: { readonly x: Scale; readonly y: Scale },
): Markup {
  const named = marks.filter(({ isOnFront, point }) => isOnFront || point.baseline);
  const others = marks.filter((mark) => !named.includes(mark));
  const room = plot.right - plot.left;
  const labels = named.map((mark) => {
    const widest = Math.min(330, Math.max(plot.right - mark.x, mark.x - plot.left, room / 2) - radius - 8);
    const values = `${formatPercent(mark.point.cost)}, ${estimateText(mark.point.loss, 3)}`;
    return {
      mark,
      x: mark.x,
      y: mark.y,
      radius: radius + 1,
      lines: [
        { text: fitText(nameOf(mark), widest, text.name * bold), size: text.name },
        { text: values, size: text.value },
      ],
    };
  });
  const reach = radius + 1;
  const disks = others.map(
    (one): Box => ({ x0: one.x - reach, x1: one.x + reach, y0: one.y - reach, y1: one.y + reach }),
  );
  const legs = front.map(({ tokens, loss }, index): Box => {
    const end = front[index + 1]?.tokens;
    return { x0: x(tokens), x1: end === undefined ? plot.right : x(end), y0: y(loss) - 2, y1: y(loss) + 2 };
  });
  const bounds = { x0: plot.left + 2, x1: plot.right, y0: plot.top, y1: plot.bottom - 2 };
  // Disks count three times: covering a number is worse than a distant label.
  const placed = placeLabels(labels, bounds, [...disks, ...disks, ...disks, ...legs]);
  return html`${placed.map(({ label: { mark, lines }, x: left, y: top, width, height, anchor, leader }) => {
    const at = anchor === 'start' ? left : anchor === 'end' ? left + width : left + width / 2;
    const end = anchor === 'start' ? left - 2 : anchor === 'end' ? left + width + 2 : at;
    const level = anchor === 'middle' ? (top > mark.y ? top : top + height) : top + height / 2;
    return html`${leader ? html`<line class="leader" x1="${mark.x}" y1="${mark.y}" x2="${end}" y2="${level}"/>` : null}<text class="label ${mark.colour}" x="${at}" y="${top + text.name}" text-anchor="${anchor}">${lines[0]!.text}</text><text class="value" x="${at}" y="${top + text.name * 1.25 + text.value}" text-anchor="${anchor}">${lines[1]!.text}</text>`;
  })}`;
}
