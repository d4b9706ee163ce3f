import { nameTag } from '../charts/symbols.js';
import { formatInteger, formatLoss, formatRate } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import type { ReportView } from '../view.js';
import type { LiveLane, LiveState } from './live-state.js';
import { type LiveSection, nothing, whole } from './section.js';

/** Strategies that a lane names; the others are counted. */
const NAMED = 3;

/** What each lane does. */
export function lanesSection({ lanes, status }: LiveState, view: ReportView | undefined): LiveSection {
  // Jobs of a cluster train on when the process that coordinates them is gone.
  if (status !== 'training' && lanes.every(({ strategies }) => strategies.length === 0)) return nothing('lanes');
  const content =
    lanes.length === 0
      ? html`<p class="reading">No lane trains at this moment: the next segment is prepared, or a release is evaluated.</p>`
      : html`<ul class="lanes">${lanes.map((lane) => card(lane, view))}</ul>`;
  return whole('lanes', html`<section id="lanes"><h2>Now</h2>${content}</section>`);
}

function card({ name, strategies, seed, step, steps, loss, rate }: LiveLane, view: ReportView | undefined): Markup {
  if (strategies.length === 0) return html`<li class="lane idle"><h3>${name}</h3><p>waits</p></li>`;
  const named = strategies.slice(0, NAMED).map((strategy): Content => {
    const known = view?.byName.get(strategy);
    return html`<li>${known ? nameTag(known) : html`<bdi>${strategy}</bdi>`}</li>`;
  });
  const more = strategies.length - NAMED;
  const share = step !== undefined && steps !== undefined && steps > 0 ? Math.min(1, step / steps) : undefined;
  const several = (view?.results.seeds.length ?? 1) > 1;
  return html`<li class="lane"><h3>${name}${several && seed !== undefined ? html` <small>seed ${String(seed)}</small>` : null}</h3>
<ul class="of">${named}${more > 0 ? html`<li>and ${more} more</li>` : null}</ul>
<span class="bar" aria-hidden="true"><span style="width:${100 * (share ?? 0)}%"></span></span>
<p>${share === undefined ? 'a segment' : html`step ${formatInteger(step!)} of ${formatInteger(steps!)}`}${loss === undefined ? null : html` · loss ${Number.isFinite(loss) ? formatLoss(loss) : 'not finite'}`}${rate === undefined ? null : html` · rate ${formatRate(rate)}`}</p></li>`;
}
