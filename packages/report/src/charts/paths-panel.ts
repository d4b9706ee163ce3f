import { hasDiverged, type PathResult } from '@branchline/evaluation';
import { scaleLinear } from 'd3-scale';
import { bold, formatCount, formatLoss, formatRate, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import type { ReportView, StrategyView } from '../view.js';
import { largest, type Plot, type Scale, svg, tickFormat, xAxis, yAxis } from './frame.js';
import { averagedPositions, interpolate, polyline, smooth } from './polyline.js';

const width = 350;
const height = 346;
const rates: Plot = { left: 50, right: width - 12, top: 44, bottom: 164 };
const lossPlot: Plot = { left: 50, right: width - 12, top: 206, bottom: 306 };

/** Scales shared by all panels for comparison. */
export interface PanelScales {
  readonly x: Scale;
  readonly rate: Scale;
  readonly loss: Scale;
  /** True if some training losses lie above the axis. */
  readonly clipped: boolean;
}

/**
 * The shared scales; `losses` instead of those along the paths. The loss axis leaves out the steep first steps, which
 * would flatten the rest.
 */
export function panelScales(view: ReportView, losses?: readonly number[]): PanelScales {
  const paths = view.strategies.flatMap((strategy) => strategy.result.paths);
  const end = largest(
    paths.map((path) => path.end),
    1,
  );
  // The rates of what diverged are often far above all others.
  const tame = view.strategies.filter(({ result }) =>
    result.releases.every(({ loss }) => !hasDiverged(view.results, loss)),
  );
  const drawn = tame.length > 0 ? tame.flatMap(({ result }) => result.paths) : paths;
  const heights = drawn.flatMap((path) => path.rate.map(([, rate]) => rate));
  const peak = largest(heights, 0) || 1;
  const measured = losses ?? paths.flatMap((path) => smooth(path.loss).map(([, loss]) => loss));
  const smoothed = measured.filter(Number.isFinite);
  // Training that diverged would flatten the rest.
  const sane = smoothed.filter((loss) => !hasDiverged(view.results, loss));
  const all = (sane.length > 0 ? sane : smoothed).sort((a, b) => a - b);
  const low = all[0] ?? 0;
  const most = all[Math.floor(all.length * 0.93)] ?? 1;
  const pad = (most - low || 1) * 0.08;
  return {
    x: scaleLinear([0, end], [rates.left, rates.right]),
    rate: scaleLinear([0, peak], [rates.bottom, rates.top]).clamp(true),
    loss: scaleLinear([low - pad, most + pad], [lossPlot.bottom, lossPlot.top]),
    clipped: largest(smoothed, 0) > most + pad || drawn.length < paths.length,
  };
}

/** Steps that are trained by now, of a path that may be longer. */
export interface TrainedCurve {
  readonly version: number;
  readonly path: string;
  /** `[position, loss, rate]`, ascending. */
  readonly points: readonly (readonly [number, number, number])[];
}

/**
 * One strategy's learning-rate paths, with its training losses on the same steps below. With `trained`, the paths are
 * drawn as planned, in thin dots, and what is trained lies over them.
 */
export function pathsPanel(
  view: ReportView,
  strategy: StrategyView,
  scales: PanelScales,
  id: string,
  trained?: readonly TrainedCurve[],
): Markup {
  const { x, rate, loss } = scales;
  const paths = strategy.result.paths;
  const steps = x.ticks(4);
  const lossTicks = loss.ticks(4);
  const [low, peak] = rate.domain() as [number, number];
  const content = html`<defs><clipPath id="${id}-c"><rect x="${lossPlot.left}" y="${lossPlot.top - 2}" width="${lossPlot.right - lossPlot.left + 3}" height="${lossPlot.bottom - lossPlot.top + 4}"/></clipPath></defs>
${yAxis(rates, rate, [low, peak / 2, peak], formatRate, '')}<text class="axis-title" x="0" y="12">Learning rate</text>${xAxis(rates, x, steps, () => '', '')}
${trained === undefined ? ratePaths(view, paths, scales) : html`<g class="planned">${ratePaths(view, paths, scales)}</g>${trainedRates(view, trained, scales)}`}${forks(view, paths, scales)}${trained === undefined ? null : releasesAhead(view, strategy, scales)}${releases(view, strategy, scales)}
${yAxis(lossPlot, loss, lossTicks, tickFormat(lossTicks), '')}<text class="axis-title" x="0" y="${lossPlot.top - 11}">Training loss, nats per token</text>${xAxis(lossPlot, x, steps, formatCount, 'Steps')}
<g clip-path="url(#${id}-c)">${trained === undefined ? html`${otherSeeds(strategy, scales)}${lossCurves(view, strategy, scales)}` : trainedLosses(view, trained, scales)}</g>`;
  return svg(
    width,
    height,
    { id, title: `Learning-rate paths and training loss of ${strategy.name}`, description: describe(view, strategy) },
    html`<g class="${strategy.colour}">${content}</g>`,
  );
}

/** Opacity of a path. Later versions are more opaque, to distinguish overlaid paths (from scratch). */
const strength = (path: PathResult, paths: readonly PathResult[]) => {
  const last = Math.max(...paths.map((other) => other.version));
  const first = Math.min(...paths.map((other) => other.version));
  const overlaid = paths.some((other) => other !== path && other.name === path.name && other.begin === path.begin);
  return overlaid && last > first ? 0.45 + (0.55 * (path.version - first)) / (last - first) : 1;
};

function ratePaths(view: ReportView, paths: readonly PathResult[], { x, rate }: PanelScales): Markup {
  const branches = paths.filter((path) => path.name !== 'main');
  const mains = paths.filter((path) => path.name === 'main');
  // A carried main path continues the previous one; joining them avoids gaps in the line.
  const line = (path: PathResult): readonly (readonly [number, number])[] => {
    const before = paths.find(
      (other) => other.name === 'main' && other !== path && other.version < path.version && other.end === path.begin,
    );
    const parent = path.name === 'main' ? before : mains.find((other) => other.version === path.version);
    const joint = parent ? interpolate(parent.rate, path.begin) : undefined;
    const first = path.rate[0];
    return joint !== undefined && first && first[0] > path.begin ? [[path.begin, joint], ...path.rate] : path.rate;
  };
  const area = (path: PathResult) => {
    const points = line(path);
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last) return null;
    return html`<path class="under" d="${polyline(points, x, rate)}L${x(last[0])} ${rate(0)}L${x(first[0])} ${rate(0)}Z"/>`;
  };
  return html`${branches.map(area)}${branches.length === 0 ? mains.map(area) : null}${mains.map(
    (path) =>
      html`<path class="line main" opacity="${strength(path, paths)}" d="${polyline(line(path), x, rate)}"><title>${tip(view, path)}</title></path>`,
  )}${branches.map((path) => html`<path class="line branch" d="${polyline(line(path), x, rate)}"><title>${tip(view, path)}</title></path>`)}`;
}

const kindOf = ({ path }: TrainedCurve) => (path === 'main' ? 'main' : 'branch');

const trainedTip = ({ versionName }: ReportView, { version, path, points }: TrainedCurve) =>
  `${versionName(version)}, ${path === 'main' ? 'main path' : `branch ${path}`}: trained to step ${points.at(-1)?.[0] ?? 0}`;

const trainedRates = (view: ReportView, curves: readonly TrainedCurve[], { x, rate }: PanelScales): Markup =>
  html`${curves.map((curve) => {
    const points = curve.points.map(([position, , value]) => [position, value] as const);
    return html`<path class="line ${kindOf(curve)}" d="${polyline(points, x, rate)}"><title>${trainedTip(view, curve)}</title></path>`;
  })}`;

function trainedLosses(view: ReportView, curves: readonly TrainedCurve[], { x, loss }: PanelScales): Markup {
  if (curves.every(({ points }) => points.length === 0)) {
    const [middle, height] = [(lossPlot.left + lossPlot.right) / 2, (lossPlot.top + lossPlot.bottom) / 2];
    return html`<text class="hint" x="${middle}" y="${height}" text-anchor="middle">no step of it is trained yet</text>`;
  }
  return html`${curves.map((curve) => {
    const points = curve.points.map(([position, value]) => [position, value] as const);
    return html`<path class="line raw" d="${polyline(points, x, loss)}"/><path class="line smooth ${kindOf(curve)}" d="${polyline(smooth(points), x, loss)}"><title>${trainedTip(view, curve)}</title></path>`;
  })}`;
}

/** Where versions that are not released yet will be. */
const releasesAhead = ({ versionName }: ReportView, { result }: StrategyView, { x, rate }: PanelScales): Markup =>
  html`${result.paths.map((path) => {
    if (!path.releases || result.releases.some(({ version }) => version === path.version)) return null;
    const [px, py] = [x(path.end), rate(interpolate(path.rate, path.end) ?? 0)];
    return html`<circle class="release ahead" cx="${px}" cy="${py}" r="3.4"><title>${`release ${versionName(path.version)}, ahead`}</title></circle>`;
  })}`;

const tip = ({ versionName }: ReportView, path: PathResult) =>
  `${versionName(path.version)}, ${path.name === 'main' ? 'main path' : `branch ${path.name}`}: steps ${path.begin} to ${path.end}`;

function forks({ versionName }: ReportView, paths: readonly PathResult[], { x, rate }: PanelScales): Markup {
  return html`${paths
    .filter((path) => path.name !== 'main')
    .map((path) => {
      const parent = paths.find((other) => other.name === 'main' && other.version === path.version);
      const at = parent && interpolate(parent.rate, path.begin);
      return at === undefined
        ? null
        : html`<circle class="fork" cx="${x(path.begin)}" cy="${rate(at)}" r="3"><title>${`fork of ${versionName(path.version)} at step ${path.begin}`}</title></circle>`;
    })}`;
}

function releases(view: ReportView, strategy: StrategyView, { x, rate }: PanelScales): Markup {
  const labels: { x: number; y: number; width: number }[] = [];
  /** The mark of a version, or nothing where it would cover the mark of a later one. */
  const mark = (version: number, middle: number, y: number) => {
    const text = view.versionMark(version);
    const room = textWidth(text, 11.5 * bold);
    const at = Math.max(room / 2, Math.min(width - room / 2, middle));
    const own = { x: at, y, width: room };
    const covers = labels.some(
      (other) => Math.abs(other.y - y) < 12 && Math.abs(other.x - at) < (other.width + own.width) / 2 + 2,
    );
    if (covers) return null;
    labels.push(own);
    return html`<text class="mark-label" x="${at}" y="${y}" text-anchor="middle">${text}</text>`;
  };
  return html`${[...strategy.result.releases].reverse().map((release) => {
    const path = strategy.result.paths.find((candidate) => candidate.version === release.version && candidate.releases);
    if (!path) return null;
    const averaged = release.averaged > 1 ? averagedPositions(view.graph, release.checkpoint) : [];
    const tooltip = `release ${view.versionName(release.version)}: loss ${formatLoss(release.loss)}${release.averaged > 1 ? `, average of ${release.averaged} checkpoints` : ''}`;
    if (averaged.length > 1)
      return bracket(path, averaged, tooltip, { x, rate }, (at, y) => mark(release.version, at, y));
    const [px, py] = [x(path.end), rate(interpolate(path.rate, path.end) ?? 0)];
    const low = rates.bottom - py < 24; // below the axis a label covers nothing
    const symbol =
      release.averaged > 1 ? diamond(px, py, 5) : html`<circle class="release" cx="${px}" cy="${py}" r="4"/>`;
    return html`<g>${symbol}${mark(release.version, px, low ? rates.bottom + 16 : py - 9)}<title>${tooltip}</title></g>`;
  })}`;
}

const diamond = (x: number, y: number, r: number) =>
  html`<path class="release" d="M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z"/>`;

/** Draws an average: a dot on the path per checkpoint, a bracket over them, and the release above. */
function bracket(
  path: PathResult,
  positions: readonly number[],
  tooltip: string,
  { x, rate }: Pick<PanelScales, 'x' | 'rate'>,
  label: (x: number, y: number) => Markup | null,
): Markup {
  const height = (position: number) => rate(interpolate(path.rate, position) ?? path.rate[0]?.[1] ?? 0);
  const left = x(positions[0]!);
  const right = x(positions.at(-1)!);
  const top = Math.min(...positions.map(height)) - 9;
  const middle = (left + right) / 2;
  return html`<g>${positions.map((position) => html`<circle class="part" cx="${x(position)}" cy="${height(position)}" r="1.7"/>`)}<path class="bracket" d="M${left} ${top + 4}V${top}H${right}V${top + 4}"/>${diamond(middle, top, 4.6)}${label(middle, top - 8)}<title>${tooltip}</title></g>`;
}

/** With several seeds, draws the training losses of each, faint and behind their mean. */
function otherSeeds({ runs, isShown }: StrategyView, { x, loss }: PanelScales): Markup | null {
  if (runs.length === 1 || !isShown) return null;
  return html`${runs.flatMap(({ paths }) => paths.map((path) => html`<path class="line raw" d="${polyline(smooth(path.loss, 0.05), x, loss)}"/>`))}`;
}

function lossCurves(view: ReportView, { result: { paths }, isShown }: StrategyView, { x, loss }: PanelScales): Markup {
  const branched = paths.some((path) => path.name !== 'main');
  // Of many strategies, those that are folded away have the smooth curve only: the others are most of a large page.
  const raw = isShown ? paths.map((path) => html`<path class="line raw" d="${polyline(path.loss, x, loss)}"/>`) : null;
  return html`${raw}${paths.map(
    (path) =>
      html`<path class="line smooth ${path.name === 'main' ? '' : 'branch'}" opacity="${branched && path.name === 'main' ? 0.6 : strength(path, paths)}" d="${polyline(smooth(path.loss), x, loss)}"><title>${tip(view, path)}</title></path>`,
  )}`;
}

function describe(view: ReportView, strategy: StrategyView): string {
  const parts = strategy.result.paths.map((path) => tip(view, path));
  const shown = parts.slice(0, 24).join('; ');
  return parts.length > 24 ? `${shown}; and ${parts.length - 24} more` : shown;
}
