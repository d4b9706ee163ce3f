import { type Content, html, type Markup } from '../html.js';

/** A region for content wider than a phone. It scrolls sideways, also with the keyboard, while the page does not. */
export function scrolling(label: string, content: Content): Markup {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** A section with a heading and a text that explains how to read the content. */
export function section(id: string, title: string, reading: Content, content: Content): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${reading ? html`<p class="reading">${reading}</p>` : null}${content}</section>`;
}
