import { hasDiverged, shortNames } from '@branchline/evaluation';
import { scaleLinear } from 'd3-scale';
import { bold, formatDifference, formatLoss, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, releaseOf, type StrategyView } from '../view.js';
import { CUT_NOTE, paddedExtent, svg, tickFormat, withoutDiverged, xAxis, yAxis } from './frame.js';
import { spread } from './labels.js';
import { capitalized, HELD_OUT, type MeasuredLoss } from './measured-loss.js';
import { polyline } from './polyline.js';
import { marker } from './symbols.js';

const sizes = {
  wide: { width: 520, height: 330, left: 48, right: 214, label: 11.5 },
  narrow: { width: 360, height: 300, left: 46, right: 16, label: 0 },
};

/**
 * Plots the held-out loss of every release, or another one, or its difference to the baseline's release of the same
 * version.
 */
export function heldOutLoss(
  view: ReportView,
  kind: 'loss' | 'difference',
  size: keyof typeof sizes,
  id: string,
  measured = HELD_OUT,
): Markup {
  // Every line has a label at its end on wide screens.
  const height = size === 'wide' ? Math.max(sizes.wide.height, 76 + 16 * view.shown.length) : sizes.narrow.height;
  const s = { ...sizes[size], height };
  const plot = { left: s.left, right: s.width - s.right, top: 30, bottom: s.height - 40 };
  const series = view.shown.map((strategy) => ({
    strategy,
    points: view.versions.flatMap((version): [number, number][] => {
      const lossOf = (of: StrategyView) => {
        const release = releaseOf(of, version);
        return release && measured.pick(release);
      };
      const loss = lossOf(strategy);
      const against = kind === 'difference' ? lossOf(view.baseline) : 0;
      return loss !== undefined && against !== undefined ? [[version, loss - against]] : [];
    }),
  }));
  // With several seeds, each has a thin line; differences are to the baseline under the same seed.
  const runs =
    view.results.seeds.length === 1 ? [] : view.shown.flatMap((strategy) => runsOf(view, strategy, kind, measured));
  const { values, cut } = withoutDiverged(
    [...series, ...runs].flatMap(({ strategy, points }) =>
      points.map(([version, value]) => ({ value, diverged: divergedAt(view, strategy, version, kind) })),
    ),
  );
  const inset = size === 'wide' ? 18 : 22;
  const x = scaleLinear([view.versions[0] ?? 0, view.lastVersion], [plot.left + inset, plot.right - inset]);
  const y = scaleLinear(paddedExtent(values, 0.1), [plot.bottom, plot.top]).clamp(cut);
  const ticks = y.ticks(5);
  const plain = tickFormat(ticks);
  const signed = (value: number) => (value > 1e-9 ? `+${plain(value)}` : value < -1e-9 ? plain(value) : '0');
  const unit = kind === 'loss' ? 'Nats per token' : 'Nats per token, against the baseline';
  const title = cut ? `${unit} (${CUT_NOTE})` : unit;
  const format = kind === 'loss' ? formatLoss : formatDifference;
  const zero =
    kind === 'difference'
      ? html`<line class="zero" x1="${plot.left}" x2="${plot.right}" y1="${y(0)}" y2="${y(0)}"/>`
      : null;
  const thin = runs.map(
    ({ strategy, points }) =>
      html`<g class="${strategy.colour}" data-s="${strategy.index}"><path class="line run" d="${polyline(points, x, y)}"/></g>`,
  );
  const lines = series.map(
    ({ strategy, points }) =>
      html`<g class="${strategy.colour}" data-s="${strategy.index}"><path class="line series" d="${polyline(points, x, y)}"/>${points.map(
        ([version, value]) =>
          marker(
            strategy,
            x(version),
            y(value),
            4.4,
            `${strategy.name}, ${view.versionName(version)}: ${format(value)}`,
          ),
      )}</g>`,
  );
  return svg(
    s.width,
    s.height,
    {
      id,
      title: kind === 'loss' ? `${capitalized(measured.name)} by version` : 'Difference to the baseline by version',
      description: series
        .map(
          ({ strategy, points }) =>
            `${strategy.name}: ${points.map(([version, value]) => `${view.versionName(version)} ${format(value)}`).join(', ')}`,
        )
        .join('; '),
    },
    html`${yAxis(plot, y, ticks, kind === 'loss' ? plain : signed, title)}${xAxis(plot, x, spacedVersions(view, x), view.versionMark, 'Version')}${zero}${thin}${lines}${size === 'wide' ? endLabels(series, plot.right, x, y, plot.top, plot.bottom, s) : null}`,
  );
}

/** The last version, and as many before it, evenly spaced, as have room for their names on the axis. */
function spacedVersions({ versions, versionMark }: ReportView, x: (version: number) => number): readonly number[] {
  const room = versions.length < 2 ? Number.POSITIVE_INFINITY : Math.abs(x(versions[1]!) - x(versions[0]!));
  const widest = Math.max(...versions.map((version) => textWidth(versionMark(version), 11.5)));
  const every = Math.max(1, Math.ceil((widest + 6) / room));
  return versions.filter((_, index) => (versions.length - 1 - index) % every === 0);
}

/** Whether the release of a version diverged, under some seed; for differences also that of the baseline. */
function divergedAt(view: ReportView, strategy: StrategyView, version: number, kind: 'loss' | 'difference'): boolean {
  const diverged = ({ runs }: StrategyView) =>
    runs.some(({ releases }) => releases.some((of) => of.version === version && hasDiverged(view.results, of.loss)));
  return diverged(strategy) || (kind === 'difference' && diverged(view.baseline));
}

/** Losses of a strategy under each seed, or differences to the baseline under that seed. */
function runsOf(view: ReportView, strategy: StrategyView, kind: 'loss' | 'difference', { pick }: MeasuredLoss) {
  return strategy.runs.map(({ seed, releases }) => {
    const base = view.baseline.runs.find((run) => run.seed === seed)?.releases ?? [];
    const against = (version: number) => base.filter((release) => release.version === version).map(pick)[0];
    const points = releases.flatMap((release): [number, number][] => {
      const loss = pick(release);
      const other = kind === 'loss' ? 0 : against(release.version);
      return loss === undefined || other === undefined ? [] : [[release.version, loss - other]];
    });
    return { strategy, points };
  });
}

function endLabels(
  series: readonly { strategy: StrategyView; points: readonly [number, number][] }[],
  right: number,
  x: (value: number) => number,
  y: (value: number) => number,
  top: number,
  bottom: number,
  s: Pick<(typeof sizes)['wide'], 'right' | 'label'>,
): Markup {
  const ends = series.flatMap(({ strategy, points }) => {
    const last = points.at(-1);
    return last ? [{ strategy, x: x(last[0]), y: y(last[1]) }] : [];
  });
  const names = ends.map(({ strategy }) => strategy.name);
  const short = shortNames(names, s.right - 10, (text) => textWidth(text, s.label * bold));
  const heights = spread(
    ends.map((end) => end.y),
    16,
    top,
    bottom,
  );
  return html`${ends.map((end, index) => {
    const at = heights[index]!;
    return html`<g class="${end.strategy.colour}" data-s="${end.strategy.index}"><path class="leader" d="M${end.x + 6} ${end.y}C${right + 2} ${end.y} ${right - 8} ${at} ${right + 6} ${at}"/><text class="label ${end.strategy.colour}" x="${right + 9}" y="${at + 4}" font-size="${s.label}">${short(end.strategy.name)}</text></g>`;
  })}`;
}
