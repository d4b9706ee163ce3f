import { type Content, html, type Markup } from '../html.js';
import type { ReportView, StrategyView } from '../view.js';

/**
 * A region for content wider than a phone. It scrolls sideways, also with the keyboard, while the page does not. A tall
 * one also scrolls up and down, below its table head.
 */
export function scrolling(label: string, content: Content, isTall = false): Markup {
  return html`<div class="scroll${isTall ? ' tall' : ''}" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** A section with a heading and a text that explains how to read the content. */
export function section(id: string, title: Content, reading: Content, content: Content): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${reading ? html`<p class="reading">${reading}</p>` : null}${content}</section>`;
}

/** Says which strategies charts draw if there are many; empty otherwise. */
export function shownNote({ shown, others, lastVersion, versionName }: ReportView): string {
  if (others.length === 0) return '';
  return ` ${shown.length} of ${shown.length + others.length} strategies are drawn: the baseline, those with no other below them in both cost and loss, and those with the lowest loss after ${versionName(lastVersion)}.`;
}

/** A panel for each strategy; if there are many, those that are not shown are folded away. */
export function panelsOf(
  strategies: readonly StrategyView[],
  panel: (strategy: StrategyView) => Markup,
  kind = 'panels',
): Markup {
  const grid = (some: readonly StrategyView[]) => html`<div class="${kind}">${some.map(panel)}</div>`;
  const others = strategies.filter(({ isShown }) => !isShown);
  if (others.length === 0) return grid(strategies);
  return html`${grid(strategies.filter(({ isShown }) => isShown))}<details><summary>Show the other ${others.length} strategies</summary>${grid(others)}</details>`;
}
