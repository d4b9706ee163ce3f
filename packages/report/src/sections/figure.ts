import { type Content, html, type Markup } from '../html.js';

/** Something wider than a phone: it scrolls sideways by itself, with the keyboard too, and the page does not. */
export function scrolling(label: string, content: Content): Markup {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** A section with one heading and a sentence that says how to read what follows. */
export function section(id: string, title: string, reading: Content, content: Content): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${reading ? html`<p class="reading">${reading}</p>` : null}${content}</section>`;
}
