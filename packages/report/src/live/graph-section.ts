import { runGraph } from '../charts/run-graph.js';
import { legend } from '../charts/symbols.js';
import { html, type Markup } from '../html.js';
import { scrolling, shownNote } from '../sections/figure.js';
import type { LiveView } from './live-view.js';
import { type LiveSection, nothing, whole } from './section.js';

const sample = (content: Markup, text: string) =>
  html`<li><svg class="swatch" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">${content}</svg> ${text}</li>`;

const KEY = [
  sample(html`<path class="strand c0" stroke-width="3.4" d="M-8 0H8"/>`, 'trained'),
  sample(html`<path class="strand planned c0" d="M-8 0H8"/>`, 'planned'),
  sample(html`<rect class="station done" x="-4" y="-7" width="8" height="14" rx="4"/>`, 'released'),
  sample(html`<rect class="station ahead" x="-4" y="-7" width="8" height="14" rx="4"/>`, 'release ahead'),
  sample(html`<path class="station derived ahead" d="M0 -6L6 0L0 6L-6 0Z"/>`, 'average'),
];

/** The run graph, which fills up. */
export function graphSection(live: LiveView | undefined): LiveSection {
  if (live === undefined || live.view.graph.nodes.length === 0) return nothing('graph');
  const { view, progress, seed } = live;
  const several = view.results.seeds.length > 1;
  const reading = html`Steps run to the right. Every segment is trained once and has a coloured strand for each strategy that needs it. What is trained is solid, what is planned is dotted.${several ? ` Seed ${seed} is drawn; the graphs of other seeds have the same shape.` : null}${shownNote(view)}`;
  return whole(
    'graph',
    html`<section id="graph"><h2>The run graph</h2><p class="reading">${reading}</p><figure>${legend(view.shown, KEY)}${scrolling('Run graph', html`<div class="map">${runGraph(view, 'run-graph', progress)}</div>`)}</figure></section>`,
  );
}
