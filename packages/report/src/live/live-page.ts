import { contentPolicy, documentText } from '../document.js';
import { html } from '../html.js';
import { liveStyle } from '../style.js';
import { MANY } from '../view.js';
import { costSection } from './cost-section.js';
import { graphSection } from './graph-section.js';
import { lanesSection } from './lanes-section.js';
import type { LiveState } from './live-state.js';
import { liveViewOf } from './live-view.js';
import { messagesSection } from './messages-section.js';
import { pathsSection } from './paths-section.js';
import { releasesSection } from './releases-section.js';
import { LIVE_SCRIPT } from './script.js';
import type { LiveSection } from './section.js';
import { type LiveLinks, statusSection, windowTitle } from './status-section.js';

/** The content security policy of the live page, for a header. */
export const LIVE_POLICY: string = contentPolicy(LIVE_SCRIPT);

/** The content security policy of a report, for a header. */
export const REPORT_POLICY: string = contentPolicy();

/** The sections of the live page, in order. The same ids are always there; a section without content is hidden. */
export function liveSections(state: LiveState, links: LiveLinks = {}): readonly LiveSection[] {
  const live = liveViewOf(state);
  return [
    statusSection(state, links),
    lanesSection(state, live?.view),
    messagesSection(state),
    graphSection(live),
    releasesSection(live),
    costSection(state, live),
    pathsSection(live),
  ];
}

/** Options of {@link livePage}. */
export interface LivePageOptions extends LiveLinks {
  /** Address of the events that replace sections. Absent: the page does not change. */
  readonly events?: string;
  /** The clock of the server, in milliseconds since 1970; ages are relative to it. */
  readonly now?: number;
}

/**
 * The live page of a run: a whole document that shows the state without scripts. Its script replaces the sections that
 * the event source at `events` sends, and says when the connection is lost. Sections can be given if they were made
 * already.
 */
export function livePage(
  state: LiveState,
  options: LivePageOptions = {},
  sections: readonly LiveSection[] = liveSections(state, options),
): string {
  const { events, now } = options;
  // Before the plan is known, rules for as many strategies as there can be without a choice.
  const drawn = liveViewOf(state)?.view.shown.map(({ index }) => index) ?? Array.from({ length: MANY }, (_, at) => at);
  return documentText({
    title: windowTitle(state),
    style: liveStyle(drawn),
    main: html`<p id="connection" role="status" hidden></p>
<noscript><p class="caveat">Without scripts this page shows the state at its loading. Reload it for the latest.</p></noscript>
<div id="live"${events === undefined ? null : html` data-events="${events}"`}${now === undefined ? null : html` data-now="${String(now)}"`}>
${sections.map(({ markup }) => markup)}
</div>`,
    footer: html`Made by Branchline. This page only reads the run directory.`,
    script: LIVE_SCRIPT,
  });
}
