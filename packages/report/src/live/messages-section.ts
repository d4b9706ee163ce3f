import { html } from '../html.js';
import type { LiveState } from './live-state.js';
import { type LiveSection, nothing, whole } from './section.js';

/** Messages that are open; earlier ones are folded away. */
const OPEN = 5;
/** Messages that the page has; a run that warns at every step must not fill a browser. */
const KEPT = 100;

const WORDS = { info: 'Note', warn: 'Warning', error: 'Error' } as const;

/** Warnings and errors, the latest first. */
export function messagesSection({ messages }: LiveState): LiveSection {
  if (messages.length === 0) return nothing('messages');
  const latest = messages.slice(-KEPT).reverse();
  const list = (some: LiveState['messages']) =>
    html`<ul class="messages">${some.map(({ level, text }) => html`<li class="${level}"><strong>${WORDS[level]}.</strong> ${text}</li>`)}</ul>`;
  const [open, folded] = [latest.slice(0, OPEN), latest.slice(OPEN)];
  const gone = messages.length - latest.length;
  return whole(
    'messages',
    html`<section id="messages"><h2>Messages</h2>${list(open)}${
      folded.length === 0
        ? null
        : html`<details><summary>${folded.length} earlier</summary>${list(folded)}${gone > 0 ? html`<p class="reading">${gone} more are in the output of the run.</p>` : null}</details>`
    }</section>`,
  );
}
