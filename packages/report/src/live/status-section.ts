import { formatCount, formatInteger, formatPercent } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import { type CostAmount, costAmounts } from './cost-amounts.js';
import type { LiveState, LiveStatus } from './live-state.js';
import { type LiveSection, whole } from './section.js';
import { formatTimeLeft, moment, since } from './time.js';

const WORDS: Readonly<Record<LiveStatus, { readonly mark: string; readonly word: string }>> = {
  planning: { mark: '…', word: 'Planning' },
  training: { mark: '▶', word: 'Training' },
  finished: { mark: '✓', word: 'Finished' },
  failed: { mark: '✕', word: 'Failed' },
  stopped: { mark: '■', word: 'Stopped' },
  killed: { mark: '✕', word: 'Killed' },
};

/** What the page links to. */
export interface LiveLinks {
  /** Address of the report of the results so far. Absent: there is none yet. */
  readonly report?: string;
}

/** The done share of the steps, 0 to 1. */
const shareOf = ({ steps: { done, planned } }: LiveState): number =>
  planned > 0 ? Math.min(1, Math.max(0, done / planned)) : 0;

/** A whole percentage; 100% only if nothing is left. */
const percentOf = (state: LiveState): string => formatPercent(Math.floor(100 * shareOf(state)) / 100);

/** The title of the window, in which a phone or a tab shows the progress. */
export function windowTitle(state: LiveState): string {
  const { word } = WORDS[state.status];
  const runs = state.status === 'training' || state.status === 'planning';
  return `${runs && state.steps.planned > 0 ? percentOf(state) : word} · ${state.experiment}`;
}

/** What the run does, how far it is, and when it will be done. */
export function statusSection(state: LiveState, links: LiveLinks): LiveSection {
  const { status, steps } = state;
  const { mark, word } = WORDS[status];
  const at =
    steps.planned > 0 && status !== 'finished' ? `${status === 'training' ? '' : 'at '}${percentOf(state)}` : '';
  const share = shareOf(state);
  return whole(
    'status',
    html`<header id="status" data-title="${windowTitle(state)}">
<p class="kicker">Branchline · live view of <bdi>${state.experiment}</bdi>${links.report === undefined ? null : html` · <a href="${links.report}">open the report</a>`}</p>
<h1 class="state ${status}"><span class="mark" aria-hidden="true">${mark}</span> ${word}${at === '' ? null : html` <span class="share">${at}</span>`}</h1>
${steps.planned > 0 ? html`<span class="bar long" role="progressbar" aria-label="Steps of the plan" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${Math.floor(100 * share)}"><span style="width:${100 * share}%"></span></span>` : null}
${textOf(state)}
<dl class="facts">
${stepsFact(state)}${timeFact(state)}${speedFact(state)}${costFact(state)}${signFact(state)}
</dl></header>`,
  );
}

function textOf({ about, status, steps }: LiveState): Markup | null {
  if (about !== undefined) return html`<p class="lead about">${about}</p>`;
  if (status !== 'planning') return null;
  const next = steps.planned > 0 ? 'What is stored is compared with the plan' : 'Text is read and the plan is made';
  return html`<p class="lead about">${next}; nothing is trained yet.</p>`;
}

const fact = (term: string, value: Content, detail?: Content): Markup =>
  html`<div class="fact"><dt>${term}</dt><dd>${value}${detail === undefined ? null : html`<small>${detail}</small>`}</dd></div>`;

function stepsFact({ steps, status }: LiveState): Markup {
  if (steps.planned === 0) {
    const why = status === 'planning' ? 'known when the plan is made' : 'the plan is not known';
    return fact('Steps', 'no plan yet', why);
  }
  const left = Math.max(0, steps.planned - steps.done);
  return fact(
    'Steps',
    html`${formatInteger(steps.done)} of ${formatInteger(steps.planned)}`,
    left === 0 ? 'all of the plan' : `${formatInteger(left)} to train; shared steps count once`,
  );
}

function timeFact({ status, timeLeft, startedAt, updatedAt }: LiveState): Markup | null {
  if (status !== 'planning' && status !== 'training') {
    const took = since(startedAt, updatedAt);
    return took === undefined ? null : fact(status === 'finished' ? 'Took' : 'Ran for', took, 'this start of the run');
  }
  const text = timeLeft && formatTimeLeft(timeLeft.seconds);
  if (text === undefined) {
    const why = status === 'planning' ? 'after the plan is made' : 'after the first steps of this run';
    return fact('Time left', 'not known yet', why);
  }
  return fact(
    'Time left',
    text,
    timeLeft!.from === 'this run' ? 'at the speed of this run' : 'at the speed of earlier runs here',
  );
}

function speedFact({ status, tokensPerSecond, lanes }: LiveState): Markup | null {
  if (status !== 'training') return null;
  const busy = lanes.filter(({ strategies }) => strategies.length > 0).length;
  const detail = busy === 0 ? undefined : `${busy} ${busy === 1 ? 'segment' : 'segments'} at a time`;
  const known = tokensPerSecond !== undefined && Number.isFinite(tokensPerSecond);
  return fact('Speed', known ? `${formatCount(tokensPerSecond)} tokens/s` : 'not known yet', detail);
}

function costFact({ cost, currency, steps }: LiveState): Markup | null {
  const all = costAmounts(cost.spent, cost.ahead, currency);
  // Money, if there are prices; then what the device took.
  const [main] = [...all.filter(({ name }) => name === 'Money'), ...all.filter(({ name }) => name === 'Device time')];
  if (main === undefined) return null;
  return fact('Cost so far', main.spent, steps.planned > steps.done ? aheadText(main) : main.name.toLowerCase());
}

const aheadText = ({ name, ahead }: CostAmount) =>
  ahead === undefined ? `${name.toLowerCase()}; what lies ahead is not known` : `${name.toLowerCase()}; ${ahead} ahead`;

function signFact({ updatedAt, status }: LiveState): Markup {
  const runs = status === 'planning' || status === 'training';
  const term = runs ? 'Last sign of life' : 'Last written';
  return updatedAt === undefined ? fact(term, 'none yet') : fact(term, moment(updatedAt));
}
