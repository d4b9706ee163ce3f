import type { Results } from '@branchline/evaluation';
import { swatch } from '../charts/symbols.js';
import { findingOf, type Sentence } from '../finding.js';
import { formatCount, formatDate, formatFlops, formatInteger, formatPercent, formatSeconds } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import type { ReportView } from '../view.js';

/** The finding, its caveats, and the facts needed to assess it. */
export function headlineSection(view: ReportView): Markup {
  const { results } = view;
  const finding = findingOf(view);
  return html`<header>
<p class="kicker">Branchline · experiment <bdi>${results.experiment.name}</bdi> · <time datetime="${results.experiment.finishedAt}">${formatDate(results.experiment.finishedAt)}</time></p>
<h1>${sentence(finding.headline)}${finding.standing === undefined ? null : html` <span class="standing ${finding.standing.verdict}">${finding.standing.words}</span>`}</h1>
${finding.support.length > 0 ? html`<p class="lead">${finding.support.map((support) => html`${sentence(support)} `)}</p>` : null}
${partialCaveat(view)}
${predictedCaveat(results)}
${seedsCaveat(results)}
${results.failures.map(({ strategies, seeds, message }) => html`<p class="caveat failure"><strong>${results.partial === undefined ? 'Not in this report' : 'Failed'}: <bdi>${strategies.join(', ')}</bdi>${seeds === undefined ? null : ` under seed ${seeds.join(', ')}`}.</strong> ${message}</p>`)}
${(results.warnings ?? []).map(({ message }) => html`<p class="caveat warning"><strong>Warning.</strong> ${message}</p>`)}
${facts(view)}
</header>`;
}

/** Strategies that the banner of partial results names; the others are counted. */
const NAMED = 12;

/** The banner of partial results: what is missing, and how to complete them. */
function partialCaveat({ results: { partial, experiment, seeds }, versionName }: ReportView): Markup | null {
  if (partial === undefined) return null;
  const { releases, of, missing } = partial;
  const named = missing
    .slice(0, NAMED)
    .map(
      ({ strategy, seed, versions }, index) =>
        html`${index > 0 ? '; ' : ''}<bdi>${strategy}</bdi>${seeds.length > 1 ? ` under seed ${seed}` : null} ${versions.map(versionName).join(', ')}`,
    );
  const more = missing.length > NAMED ? ` and ${formatInteger(missing.length - NAMED)} more` : '';
  return html`<p class="caveat partial"><strong>Partial: ${releases} of ${of} releases.</strong> This run has not come to its end. Missing: ${named}${more}. Costs are those so far, tables show – for what is missing, and verdicts are left out until every release exists. To complete it, run <code>${experiment.command}</code> again: nothing is trained twice.</p>`;
}

/** The banner of results that were not measured. */
function predictedCaveat({ trainer: { predicted } }: Results): Markup | null {
  if (predicted === undefined) return null;
  return html`<p class="caveat predicted"><strong>Predicted losses, ±${formatInterval(predicted.interval)}.</strong> Nothing was trained: the law <bdi>${predicted.law}</bdi> predicts every loss from the learning rates alone. 95% of the measured losses that it was compared with were within ±${formatInterval(predicted.interval)} of it; smaller differences mean nothing. It covers neither the data, nor its order, nor seeds.</p>`;
}

const formatInterval = (share: number) => `${Number((100 * share).toPrecision(2))}%`;

function seedsCaveat({ seeds, partial, comparison }: Results): Markup {
  if (seeds.length === 1) {
    return html`<p class="caveat"><strong>One seed (${seeds[0]}).</strong> The variation of losses between seeds was not measured, so a small difference may be chance: no strategy is called better or worse. Costs are counted, not estimated.</p>`;
  }
  return html`<p class="caveat"><strong>${seeds.length} seeds (${seeds.join(', ')}).</strong> Losses and costs are means over ${partial !== undefined ? 'those that a release exists for.' : comparison === null ? 'them. No rule says which differences are more than chance.' : html`them. For whether a difference is more than chance, see <a href="#comparison">Verdicts</a>.`} Costs are counted, not estimated.</p>`;
}

const sentence = (pieces: Sentence): Markup =>
  html`${pieces.map((piece) => (typeof piece === 'string' ? piece : html`<span class="strategy ${piece.colour}">${swatch(piece)}<bdi>${piece.name}</bdi></span>`))}`;

function facts(view: ReportView): Markup {
  const { results } = view;
  const { model, data, trainer, graph, actual } = results;
  const perVersion = [...new Set(data.versions.map((version) => formatCount(version.tokens)))];
  const saved = graph.tokensStandalone > 0 ? 1 - graph.tokensTrained / graph.tokensStandalone : 0;
  const share = graph.tokensStandalone > 0 ? graph.tokensTrained / graph.tokensStandalone : 1;
  return html`<dl class="facts">
${fact('Model', `${formatCount(model.parameters)} parameters`, `context ${model.context} tokens, ${results.training.batch} sequences a step`)}
${fact('Data', `${data.versions.length} ${data.versions.length === 1 ? 'version' : 'versions'} of ${perVersion.length === 1 ? perVersion[0] : `${formatCount(Math.min(...data.versions.map((v) => v.tokens)))} to ${formatCount(Math.max(...data.versions.map((v) => v.tokens)))}`} tokens`, `${formatCount(data.heldOutTokens)} tokens held out, ${data.domains.length} ${data.domains.length === 1 ? 'domain' : 'domains'}`)}
${fact('Trainer', html`<bdi>${trainer.engine}</bdi>`, html`<bdi>${trainer.device}</bdi>, ${trainer.precision}${trainer.deterministic ? ', deterministic' : ', not deterministic'}`)}
${fact('Device time, paid', formatSeconds(actual.deviceSeconds), `in this run directory: ${formatFlops(actual.flops)} in ${formatInteger(actual.steps)} steps; ${results.seeds.length === 1 ? `seed ${results.seeds[0]}` : `${results.seeds.length} seeds`}`)}
<div class="fact sharing"><dt>Trained, shared steps once</dt><dd>${formatCount(graph.tokensTrained)} tokens<small>instead of ${formatCount(graph.tokensStandalone)} if every strategy had been run alone: ${formatPercent(saved)} saved</small><span class="bar" aria-hidden="true"><span style="width:${share * 100}%"></span></span></dd></div>
</dl>`;
}

const fact = (term: string, value: Content, detail: Content): Markup =>
  html`<div class="fact"><dt>${term}</dt><dd>${value}<small>${detail}</small></dd></div>`;
