import type { TaskResult } from '@branchline/evaluation';
import { nameTag } from '../charts/symbols.js';
import { formatInteger, formatPercent } from '../format.js';
import { html, type Markup } from '../html.js';
import { type ReportView, releaseOf, type StrategyView } from '../view.js';
import { scrolling, section } from './figure.js';

/** Accuracies of every release on the tasks of the experiment, a table per task. Empty without tasks. */
export function tasksSection(view: ReportView): Markup {
  const releases = view.strategies.flatMap(({ result }) => result.releases);
  const names = [...new Set(releases.flatMap(({ tasks = [] }) => tasks.map(({ name }) => name)))];
  if (names.length === 0) return html``;
  const means = view.results.seeds.length === 1 ? '' : ', means over seeds';
  return section(
    'tasks',
    'Multiple-choice tasks',
    html`Share of items for which a release gives the right choice the highest likelihood; below, the highest likelihood per byte${means}. A release answers the items about its version and earlier ones. The highest of each column is boxed.`,
    html`${names.map((name) => taskTable(view, name))}`,
  );
}

function taskTable(view: ReportView, name: string): Markup {
  const { strategies, versions } = view;
  const resultOf = (strategy: StrategyView, version: number): TaskResult | undefined =>
    releaseOf(strategy, version)?.tasks?.find((task) => task.name === name);
  const columns = versions.map((version) => {
    const results = strategies.flatMap((strategy) => resultOf(strategy, version) ?? []);
    const shown = results.map(({ acc }) => formatPercent(acc));
    const most = formatPercent(Math.max(...results.map(({ acc }) => acc)));
    const [first] = results;
    return {
      version,
      // Compares printed numbers, so that equal-looking ones are both marked, and none if all are equal.
      best: new Set(shown).size > 1 ? most : undefined,
      items: first === undefined ? '–' : `${formatInteger(first.items)} items`,
      chance: first === undefined ? '–' : formatPercent(first.chance),
    };
  });
  const cell = (result: TaskResult | undefined, best: string | undefined) => {
    if (result === undefined) return html`<td class="none">–<span class="sr">not answered</span></td>`;
    const isBest = formatPercent(result.acc) === best;
    return html`<td class="${isBest ? 'best ' : ''}loss"><span>${formatPercent(result.acc)}</span><small>${formatPercent(result.acc_norm)}</small>${isBest ? html`<span class="sr"> (highest)</span>` : null}</td>`;
  };
  return html`<h3><bdi>${name}</bdi></h3>${scrolling(
    `Right answers to ${name}`,
    html`<table class="main"><caption class="sr">Right answers to <bdi>${name}</bdi></caption>
<thead><tr><th scope="col">Strategy</th>${columns.map(({ version, items }) => html`<th scope="col"><bdi>${view.versionName(version)}</bdi><br>${items}</th>`)}</tr></thead>
<tbody>${strategies.map((strategy) => html`<tr class="${strategy.colour} pick" data-s="${strategy.index}"><th scope="row">${nameTag(strategy)}</th>${columns.map(({ version, best }) => cell(resultOf(strategy, version), best))}</tr>`)}
<tr><th scope="row">guessing</th>${columns.map(({ chance }) => html`<td class="none">${chance}</td>`)}</tr></tbody></table>`,
  )}${domainsOf(view, name)}`;
}

/** Accuracies of the last release by domain, if there are several domains. */
function domainsOf({ strategies, lastVersion, versionName }: ReportView, name: string): Markup | null {
  const partsOf = ({ last }: StrategyView) => last?.tasks?.find((task) => task.name === name)?.parts ?? [];
  const domains = [...new Set(strategies.flatMap((strategy) => partsOf(strategy).map(({ domain }) => domain)))].sort();
  if (domains.length < 2) return null;
  const shareOf = (strategy: StrategyView, domain: string) => {
    const parts = partsOf(strategy).filter((part) => part.domain === domain && part.version <= lastVersion);
    const items = parts.reduce((sum, part) => sum + part.items, 0);
    const right = parts.reduce((sum, part) => sum + part.acc * part.items, 0);
    return items === 0 ? '–' : formatPercent(right / items);
  };
  return html`<p class="reading">The release of <bdi>${versionName(lastVersion)}</bdi>, by the domain of the items.</p>${scrolling(
    `Right answers to ${name} by domain`,
    html`<table class="main"><caption class="sr">Right answers to <bdi>${name}</bdi> by domain</caption>
<thead><tr><th scope="col">Strategy</th>${domains.map((domain) => html`<th scope="col"><bdi>${domain === '' ? 'none' : domain}</bdi></th>`)}</tr></thead>
<tbody>${strategies.map((strategy) => html`<tr class="${strategy.colour} pick" data-s="${strategy.index}"><th scope="row">${nameTag(strategy)}</th>${domains.map((domain) => html`<td>${shareOf(strategy, domain)}</td>`)}</tr>`)}</tbody></table>`,
  )}`;
}
