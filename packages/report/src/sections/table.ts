import { hasDiverged, type Results, standingOf } from '@branchline/evaluation';
import { largest } from '../charts/frame.js';
import { nameTag } from '../charts/symbols.js';
import {
  formatCount,
  formatDifference,
  formatEnergy,
  formatFlops,
  formatLoss,
  formatMoney,
  formatPercent,
  formatSeconds,
} from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import { deviationOf } from '../seeds.js';
import { type ReportView, ranked, releaseOf, type StrategyView } from '../view.js';
import { scrolling } from './figure.js';

/** A cell. The lowest number of a column is boxed, and marked for screen readers. */
const cell = (content: Content, best: boolean, extra = ''): Markup =>
  html`<td class="${best ? 'best' : ''}${extra}"><span>${content}</span>${best ? html`<span class="sr"> (lowest)</span>` : null}</td>`;

/** The cost of a strategy that is not complete yet. */
const missing = html`<td class="none">–<span class="sr">not complete</span></td>`;

/** Costs and losses of all strategies. */
export function tableSection(view: ReportView): Markup {
  const { strategies, versions } = view;
  const { seeds } = view.results;
  const least = (values: readonly (number | undefined)[], format: (value: number) => string) => {
    const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
    const low = known.length > 1 ? format(Math.min(...known)) : undefined;
    // Compares printed numbers, so that equal-looking ones are both marked.
    return (value: number) =>
      low !== undefined && format(value) === low && known.some((other) => format(other) !== low);
  };
  const cost = (pick: (strategy: StrategyView) => number, format: (value: number) => string, extra?: string) => {
    // Partial results have only a part of the cost of the others.
    const whole = strategies.filter(({ isWhole }) => isWhole);
    const best = least(whole.map(pick), format);
    return (strategy: StrategyView) =>
      strategy.isWhole ? cell(format(pick(strategy)), best(pick(strategy)), extra) : missing;
  };
  const ratioOf = ({ result }: StrategyView) => result.cost.ratioToBaseline ?? undefined;
  const ratio = least(strategies.map(ratioOf), formatPercent);
  const most = largest(
    strategies.flatMap((strategy) => ratioOf(strategy) ?? []),
    1e-9,
  );
  const ratioCell = (strategy: StrategyView) => {
    const share = ratioOf(strategy);
    if (share === undefined) return missing;
    const isBest = ratio(share);
    return html`<td class="ratio${isBest ? ' best' : ''}"><span>${formatPercent(share)}</span>${isBest ? html`<span class="sr"> (lowest)</span>` : null}<span class="bar ${strategy.colour}" aria-hidden="true"><span style="width:${(share / most) * 100}%"></span></span></td>`;
  };
  const columns = [
    ratioCell,
    cost(
      (s) => s.result.cost.standalone.tokens,
      (value) => formatCount(value, true),
    ),
    cost(
      (s) => s.result.cost.standalone.flops,
      (value) => formatFlops(value, true),
    ),
    cost((s) => s.result.cost.standalone.deviceSeconds, formatSeconds),
    cost((s) => s.result.cost.attributed.deviceSeconds, formatSeconds),
    ...versions.map((version) => {
      const best = least(
        strategies.map((s) => releaseOf(s, version)?.loss),
        formatLoss,
      );
      return (strategy: StrategyView) => {
        const release = releaseOf(strategy, version);
        if (!release) return html`<td class="none">–<span class="sr">not released</span></td>`;
        const spread = deviationOf(strategy.runs, version);
        return cell(
          html`${formatLoss(release.loss)}<small>${formatLoss(release.bitsPerByte)}</small>${spread === undefined ? null : html`<small>sd ${formatLoss(spread)}</small>`}${hasDiverged(view.results, release.loss) ? html`<small class="diverged">diverged</small>` : null}`,
          best(release.loss),
          ' loss',
        );
      };
    }),
    (strategy: StrategyView) => {
      const base = view.baseline.last;
      if (strategy.isBaseline) return html`<td class="none">baseline</td>`;
      if (!strategy.last || !base) return html`<td class="none">–</td>`;
      const difference = strategy.last.loss - base.loss;
      const { verdict, words } = standingOf(view.results, strategy.name);
      return html`<td class="standing ${verdict}"><span>${formatDifference(difference)}</span>${seeds.length === 1 ? null : html`<small>${words}</small>`}</td>`;
    },
  ];
  return html`<section id="table"><h2>Cost and loss</h2><p class="reading">Costs are those of each strategy run alone; under <em>its share</em>, shared training is divided among the strategies that use it. Losses are on the held-out text of all versions so far, in nats per token and, below, in bits per byte${view.results.seeds.length === 1 ? '' : ' and the standard deviation over seeds, of which all other numbers are means'}. The lowest of each column is boxed, whether or not the difference is more than chance.${seeds.length === 1 ? ' One seed: no interval, so no difference is called better or worse.' : ''}${view.others.length === 0 ? null : ` Sorted by the loss after ${view.versionName(view.lastVersion)}; the baseline comes first.`}</p>
<p class="reading">All that was trained and evaluated in this run directory took ${billText(view.results)}.</p>
${scrolling(
  'Cost and loss of every strategy',
  html`<table class="main"><caption class="sr">Cost and loss of every strategy</caption>
<thead><tr><th scope="col" rowspan="2">Strategy</th><th scope="colgroup" colspan="3">Cost, alone</th><th scope="colgroup" colspan="2">Device time</th><th scope="colgroup" colspan="${versions.length}">Held-out loss after version</th><th scope="col" rowspan="2"><bdi>${view.versionName(view.lastVersion)}</bdi> against<br>baseline</th></tr>
<tr><th scope="col">to baseline</th><th scope="col">tokens</th><th scope="col">compute</th><th scope="col">alone</th><th scope="col">its share</th>${versions.map((version) => html`<th scope="col"><bdi>${view.versionName(version)}</bdi></th>`)}</tr></thead>
<tbody>${ranked(view).map((strategy) => html`<tr class="${strategy.colour} pick" data-s="${strategy.index}"><th scope="row">${nameTag(strategy)}</th>${columns.map((column) => column(strategy))}</tr>`)}</tbody></table>`,
  view.others.length > 0,
)}</section>`;
}

/** The cost of the run, without unknown amounts. */
function billText({ actual, currency }: Results): string {
  const { deviceSeconds, energyJoules, money } = actual;
  const parts = [
    `${formatSeconds(deviceSeconds)} of device time`,
    ...(energyJoules === null ? [] : [formatEnergy(energyJoules)]),
    ...(money === null ? [] : [`${formatMoney(money)} ${currency} at list prices`]),
  ];
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
