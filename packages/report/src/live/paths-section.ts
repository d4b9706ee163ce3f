import type { Results } from '@branchline/evaluation';
import { panelScales, pathsPanel, type TrainedCurve } from '../charts/paths-panel.js';
import { smooth } from '../charts/polyline.js';
import { nameTag } from '../charts/symbols.js';
import { html } from '../html.js';
import { graphOfSeed } from '../seeds.js';
import type { StrategyView } from '../view.js';
import type { LiveCurve } from './live-state.js';
import type { LiveView } from './live-view.js';
import { divided, type LivePart, type LiveSection, nothing } from './section.js';

/** Points that a panel draws at most; more cannot be distinguished in its width. */
const POINTS = 480;
const LEAST = 40;

/** Learning rates and training losses, one panel for each strategy. */
export function pathsSection(live: LiveView | undefined): LiveSection {
  if (live === undefined) return nothing('paths');
  const { view, seed, state } = live;
  const shared = sharedSteps(graphOfSeed(view.results, seed));
  const drawn = view.strategies.filter(({ result }) => result.paths.length > 0);
  if (drawn.length === 0) return nothing('paths');
  const curves = new Map(drawn.map((strategy) => [strategy.name, curvesOf(strategy, seed, state.curves, shared)]));
  const losses = [...curves.values()].flatMap((all) =>
    all.flatMap(({ points }) =>
      smooth(points.map(([position, loss]) => [position, loss] as const)).map(([, loss]) => loss),
    ),
  );
  const scales = panelScales(view, losses);
  // Round ends, so that a new loss rarely moves the axis of all panels.
  scales.loss.nice(4);
  const panel = (strategy: StrategyView): LivePart => {
    const id = `paths-${strategy.index}`;
    const chart = pathsPanel(view, strategy, scales, `${id}-chart`, curves.get(strategy.name) ?? []);
    return {
      id,
      markup: html`<figure id="${id}" class="panel pick" data-s="${strategy.index}"><h3>${nameTag(strategy)}</h3>${chart}</figure>`,
    };
  };
  const shown = drawn.filter(({ isShown }) => isShown).map(panel);
  const others = drawn.filter(({ isShown }) => !isShown).map(panel);
  const several = view.results.seeds.length > 1;
  const grid = (some: readonly LivePart[]) => html`<div class="panels">${some.map(({ markup }) => markup)}</div>`;
  return divided(
    'paths',
    [...shown, ...others],
    (parts) =>
      html`<section id="paths"><h2>Rates and losses</h2><p class="reading">Thin dots are the learning rates of the plan; lines are what is trained. A filled circle is a release; an open one is a release that is ahead, or, on a path, where a branch leaves. Shared steps appear with every strategy that needs them. All panels share their axes${scales.clipped ? '; the first, steep steps lie above the axis of losses' : ''}.${several ? ` Seed ${seed} is drawn.` : null}</p>${
        typeof parts === 'string'
          ? parts
          : html`${grid(shown)}${others.length > 0 ? html`<details><summary>Show the other ${others.length} strategies</summary>${grid(others)}</details>` : null}`
      }</section>`,
  );
}

/** The trained curves of a strategy, thinned to what a panel can show. */
function curvesOf(
  { name }: StrategyView,
  seed: number,
  curves: readonly LiveCurve[],
  shared: SharedSteps,
): readonly TrainedCurve[] {
  const own = curves.flatMap((curve) => {
    if (curve.seed !== seed || !curve.strategies.includes(name)) return [];
    const owner = ownerOf(curve);
    if (owner === name) return [curve];
    const isShared = shared(owner, name);
    const points = curve.points.filter(([position]) => isShared(position));
    return points.length === 0 ? [] : [{ ...curve, points }];
  });
  const most = Math.max(LEAST, Math.floor(POINTS / Math.max(1, own.length)));
  return own.map(({ version, path, points }) => ({ version, path, points: thinned(points, most) }));
}

/** The strategy whose path a track is: it has all of its steps, others may share only some. */
const ownerOf = ({ track }: LiveCurve): string => track.slice(0, Math.max(0, track.lastIndexOf('/seed-')));

/** Whether two strategies share the step to a position. */
type SharedSteps = (one: string, other: string) => (position: number) => boolean;

function sharedSteps({ nodes, edges }: Results['graph']): SharedSteps {
  const known = new Map<string, readonly (readonly [number, number])[]>();
  const train = edges.filter(({ kind, strategies }) => kind === 'train' && strategies.length > 1);
  const rangesOf = (one: string, other: string) =>
    train
      .filter(({ strategies }) => strategies.includes(one) && strategies.includes(other))
      .map(({ from, to }) => [nodes[from]!.position, nodes[to]!.position] as const);
  return (one, other) => {
    const key = JSON.stringify([one, other]);
    const ranges = known.get(key) ?? rangesOf(one, other);
    known.set(key, ranges);
    return (position) => ranges.some(([from, to]) => position > from && position <= to);
  };
}

type Points = TrainedCurve['points'];

/** Means over neighbouring points, at most `most`; the last point stays as it is. */
function thinned(points: Points, most: number): Points {
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / most);
  const means: (readonly [number, number, number])[] = [];
  for (let begin = 0; begin < points.length; begin += size) {
    const group = points.slice(begin, begin + size);
    const mean = (index: 1 | 2) => group.reduce((sum, point) => sum + point[index], 0) / group.length;
    means.push([group.at(-1)![0], mean(1), mean(2)]);
  }
  return means;
}
