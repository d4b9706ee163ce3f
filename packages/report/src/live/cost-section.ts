import { nameTag } from '../charts/symbols.js';
import { formatCount, formatInteger, formatLoss, formatPercent } from '../format.js';
import { html, type Markup } from '../html.js';
import { scrolling } from '../sections/figure.js';
import { ranked, releaseOf, type StrategyView } from '../view.js';
import { type CostAmount, costAmounts } from './cost-amounts.js';
import type { LiveState } from './live-state.js';
import type { LiveView } from './live-view.js';
import { type LiveSection, nothing, whole } from './section.js';

/** Cost so far against the plan, of the run and of every strategy. */
export function costSection(state: LiveState, live: LiveView | undefined): LiveSection {
  const amounts = costAmounts(state.cost.spent, state.cost.ahead, state.currency);
  if (live === undefined && amounts.every(({ share }) => share === undefined)) return nothing('cost');
  return whole(
    'cost',
    html`<section id="cost"><h2>Cost so far, against the plan</h2><p class="reading">This run directory, over all starts of the run. Steps that strategies share are paid once.</p><dl class="amounts">${amounts.map(amount)}</dl>${
      live === undefined ? null : html`<h3>Every strategy, as if it ran alone</h3>${strategyTable(live)}`
    }</section>`,
  );
}

const amount = ({ name, spent, total, share }: CostAmount): Markup =>
  html`<div><dt>${name}</dt><dd>${spent}<small>${total === undefined ? 'the total is not known yet' : html`of ${total}`}</small>${share === undefined ? null : html`<span class="bar" aria-hidden="true"><span style="width:${100 * share}%"></span></span>`}</dd></div>`;

function strategyTable(live: LiveView): Markup {
  const { view } = live;
  const rows = ranked(view);
  return scrolling(
    'Strategies',
    html`<table><thead><tr><th>Strategy</th><th>Trained</th><th>Tokens</th>${view.versions.map((version) => html`<th>${view.versionName(version)}</th>`)}</tr></thead><tbody>${rows.map((strategy) => row(strategy, live))}</tbody></table><p class="reading note">Under each version: the held-out loss of its release, in nats per token.</p>`,
    rows.length > 14,
  );
}

function row(strategy: StrategyView, { view, steps, tokensPerStep }: LiveView): Markup {
  const { done, planned } = steps.get(strategy.name) ?? { done: 0, planned: 0 };
  const share = planned > 0 ? done / planned : 0;
  const percent = planned > 0 ? formatPercent(Math.floor(100 * share + 1e-9) / 100) : '–';
  return html`<tr><th scope="row">${nameTag(strategy)}</th><td class="ratio"><span>${percent}</span><span class="bar ${strategy.colour}" aria-hidden="true"><span style="width:${100 * share}%"></span></span></td><td>${formatCount(done * tokensPerStep, true)}<small>of ${formatCount(planned * tokensPerStep, true)}</small></td>${view.versions.map((version) => lossCell(strategy, version))}</tr>`;
}

function lossCell(strategy: StrategyView, version: number): Markup {
  const release = releaseOf(strategy, version);
  if (release === undefined) return html`<td class="none">–<span class="sr">not released yet</span></td>`;
  const seeds = strategy.runs.filter(({ releases }) => releases.some((one) => one.version === version)).length;
  const loss = Number.isFinite(release.loss) ? formatLoss(release.loss) : 'diverged';
  return html`<td>${loss}${strategy.runs.length > 1 ? html`<small>${formatInteger(seeds)} of ${formatInteger(strategy.runs.length)} seeds</small>` : null}</td>`;
}
