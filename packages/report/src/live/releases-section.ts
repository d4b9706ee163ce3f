import { costAgainstLoss } from '../charts/cost-loss.js';
import { twoSizes } from '../charts/frame.js';
import { HELD_OUT } from '../charts/measured-loss.js';
import { legend } from '../charts/symbols.js';
import { html } from '../html.js';
import { shownNote } from '../sections/figure.js';
import { type ReportView, releaseWithCost } from '../view.js';
import type { LiveView } from './live-view.js';
import { divided, type LivePart, type LiveSection, nothing, whole } from './section.js';

/** Versions that are drawn open next to the large one; earlier ones are folded away. */
const OPEN = 6;

/** Losses of the releases that exist, against what they cost. */
export function releasesSection(live: LiveView | undefined): LiveSection {
  if (live === undefined) return nothing('releases');
  const { view, scale } = live;
  const counts = view.versions.map((version) => ({ version, count: countOf(view, version) }));
  const released = counts.filter(({ count }) => count > 0);
  if (released.length === 0) {
    return whole(
      'releases',
      html`<section id="releases"><h2>Losses of releases, against their cost</h2><p class="reading">No release is evaluated yet. The first will be drawn here.</p></section>`,
    );
  }
  // A single point compares nothing, so an earlier version with more is drawn large.
  const large = (released.filter(({ count }) => count > 1).at(-1) ?? released.at(-1))?.version ?? view.lastVersion;
  const draw = (version: number, size: 'wide' | 'narrow' | 'small') =>
    costAgainstLoss(view, version, size, `cost-${size}-v${version}`, HELD_OUT, scale);
  const main: LivePart = {
    id: 'releases-large',
    markup: html`<figure id="releases-large"><h3>After ${view.versionName(large)}</h3>${twoSizes((size) => draw(large, size))}</figure>`,
  };
  const others = released
    .filter(({ version }) => version !== large)
    .map(
      ({ version }): LivePart => ({
        id: `releases-v${version}`,
        markup: html`<figure id="releases-v${version}"><figcaption>After ${view.versionName(version)}</figcaption>${draw(version, 'small')}</figure>`,
      }),
    );
  const folded = new Set(others.slice(0, Math.max(0, others.length - OPEN)).map(({ id }) => id));
  const reading =
    scale === undefined
      ? 'Left is cheaper, down is better. The line is the Pareto front.'
      : 'Left is cheaper, down is better. The line is the Pareto front of the releases so far. Costs are tokens of the plan, as if each strategy ran alone.';
  const grid = (some: readonly LivePart[]) => html`<div class="panels">${some.map(({ markup }) => markup)}</div>`;
  const [open, hidden] = [others.filter(({ id }) => !folded.has(id)), others.filter(({ id }) => folded.has(id))];
  return divided(
    'releases',
    [main, ...others],
    (parts) =>
      html`<section id="releases"><h2>Losses of releases, against their cost</h2><p class="reading">${reading}${shownNote(view)}</p>${legend(view.shown)}${
        typeof parts === 'string'
          ? html`${parts} ${folded.size}`
          : html`${main.markup}${open.length > 0 ? grid(open) : null}${
              hidden.length > 0 ? html`<details><summary>Earlier versions</summary>${grid(hidden)}</details>` : null
            }`
      }</section>`,
  );
}

const countOf = (view: ReportView, version: number): number =>
  view.strategies.filter((strategy) => releaseWithCost(strategy, version) !== undefined).length;
