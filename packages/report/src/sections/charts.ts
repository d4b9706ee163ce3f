import { hasDiverged, type ReleaseResult } from '@branchline/evaluation';
import { costAgainstLoss } from '../charts/cost-loss.js';
import { twoSizes } from '../charts/frame.js';
import { heldOutLoss } from '../charts/held-out.js';
import { panelScales, pathsPanel } from '../charts/paths-panel.js';
import { runGraph } from '../charts/run-graph.js';
import { legend, nameTag } from '../charts/symbols.js';
import { formatCount, formatPercent } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import { type ReportView, startText, validationOf } from '../view.js';
import { panelsOf, scrolling, section, shownNote } from './figure.js';

/** The headline figure: the last version large, the earlier ones as small multiples on the same cost axis. */
export function costSection(view: ReportView): Markup {
  const diverged = view.strategies.some(({ result }) =>
    result.releases.some(({ loss }) => hasDiverged(view.results, loss)),
  );
  const earlier = view.versions.filter((version) => version !== view.lastVersion);
  return section(
    'cost-loss',
    html`What a lower loss costs, after <bdi>${view.versionName(view.lastVersion)}</bdi>`,
    html`Left is cheaper, down is a lower loss. The line is the Pareto front of what was measured: no strategy has both a lower cost and a lower loss than one on it. For every point of the tinted area, there is a strategy with both. ${chanceNote(view)}${shownNote(view)}${view.others.length === 0 ? null : ' The others are grey.'}`,
    html`<figure>${legend(view.shown)}${twoSizes((size) => costAgainstLoss(view, view.lastVersion, size, `cost-${size}`))}</figure>${setFigures(view)}${
      earlier.length === 0
        ? null
        : html`<h3 class="earlier">Earlier versions</h3><p class="reading">The same chart after each earlier version. Costs accumulate over versions; every panel has its own loss axis${diverged ? ', which leaves out what diverged' : ''}.</p><div class="panels">${earlier.map(
            (version) =>
              html`<figure><figcaption>After <bdi>${view.versionName(version)}</bdi></figcaption>${costAgainstLoss(view, version, 'small', `cost-v${version}`)}</figure>`,
          )}</div>`
    }`,
  );
}

/** Where it is decided whether a difference in loss is more than chance; charts do not show it. */
const chanceNote = ({ results: { seeds, comparison } }: ReportView): Content =>
  seeds.length === 1
    ? 'Losses are of one seed: a small difference may be chance.'
    : comparison === null
      ? 'A small difference may be chance.'
      : html`Whether a difference is more than chance is not drawn here: see <a href="#comparison">Verdicts</a>.`;

/** The headline figure for the loss on each validation set. */
const setFigures = (view: ReportView): readonly Markup[] =>
  (view.results.data.validation ?? []).map(({ name }, index) => {
    const pick = (release: ReleaseResult) => validationOf(release, name)?.loss;
    const measured = { pick, name: `loss on ${name}` };
    return html`<h3><span>On <bdi>${name}</bdi></span></h3><figure>${twoSizes((size) => costAgainstLoss(view, view.lastVersion, size, `cost-set-${index}-${size}`, measured))}</figure>`;
  });

/** One panel per strategy: its learning-rate paths, and the training losses along them. */
export function pathsSection(view: ReportView): Markup {
  const scales = panelScales(view);
  return section(
    'paths',
    'Learning-rate paths',
    html`Every line is a path of optimizer steps. Branches leave the main path at an open circle. A filled circle is a release that was trained; a diamond on a bracket is a release that averages the checkpoints dotted below it. Paths that restart from ${startText(view.results)} overlap; later versions are drawn stronger. Below the rates is the training loss over the same steps${scales.clipped ? ' (the first, steep steps, and training that diverged with its rates, lie above the axis)' : ''}. All panels share their axes.${view.results.partial === undefined ? null : ' Paths are drawn as planned; losses end where training has come to.'}`,
    panelsOf(
      view.strategies.filter(({ result }) => result.paths.length > 0),
      (strategy) =>
        html`<figure class="panel pick" data-s="${strategy.index}"><h3>${nameTag(strategy)}</h3>${pathsPanel(view, strategy, scales, `paths-${strategy.index}`)}</figure>`,
    ),
  );
}

/** Held-out loss of every release, absolute and against the baseline. */
export function heldOutSection(view: ReportView): Markup {
  return section(
    'held-out',
    'Held-out loss, version by version',
    `Every version is measured on the held-out text of all versions so far. The second chart shows the same losses with the baseline taken as zero: below the line is a lower loss than the baseline's.${view.results.seeds.length === 1 ? '' : ' Thick lines are means over seeds, thin ones the seeds; differences are computed per seed.'}${shownNote(view)}`,
    html`${legend(view.shown, null, 'narrow')}<div class="pair"><figure>${twoSizes((size) => heldOutLoss(view, 'loss', size, `loss-${size}`))}</figure><figure>${twoSizes((size) => heldOutLoss(view, 'difference', size, `difference-${size}`))}</figure></div>`,
  );
}

/** The merged run graph. */
export function graphSection(view: ReportView): Markup {
  const { graph, seeds } = view.results;
  if (graph.nodes.length === 0) return html``;
  const saved = graph.tokensStandalone > 0 ? 1 - graph.tokensTrained / graph.tokensStandalone : 0;
  const key = html`<li><svg class="swatch" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true"><rect class="station" x="-4" y="-7" width="8" height="14" rx="4"/></svg> release</li><li><svg class="swatch" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true"><path class="station derived" d="M0 -6L6 0L0 6L-6 0Z"/></svg> averaged release</li><li><svg class="swatch" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true"><circle class="stop" r="2.4"/></svg> other checkpoint</li>`;
  return section(
    'graph',
    'The run graph',
    html`${view.results.partial === undefined ? 'Every segment was trained once' : 'The graph as planned; not all of it is trained yet. Every segment is trained once'} and has a coloured strand for each strategy that needs it; thick bundles are shared. ${formatCount(graph.segments)} segments: ${formatCount(graph.tokensTrained)} tokens instead of ${formatCount(graph.tokensStandalone)} (${formatPercent(saved)} saved).${seeds.length === 1 ? '' : ` The graph shows seed ${view.strategies[0]!.runs[0]!.seed}; other seeds share nothing with it, because their initial weights differ.`}${shownNote(view)}`,
    html`<figure>${legend(view.shown, key)}${scrolling('Run graph', html`<div class="map">${runGraph(view, 'run-graph')}</div>`)}</figure>`,
  );
}
