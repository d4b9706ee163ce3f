import { type Content, html, type Markup } from '../html.js';

/** A part of the page that is replaced as a whole when it changes. Its outermost element has the id. */
export interface LivePart {
  readonly id: string;
  readonly markup: Markup;
}

/** A section of the page; its parts are replaced alone while its frame stays equal. */
export interface LiveSection {
  readonly id: string;
  /** The section with its parts. */
  readonly markup: Markup;
  /** The section without its parts, to see whether it changed. */
  readonly frame: string;
  readonly parts: readonly LivePart[];
}

/** A section that is replaced as a whole. */
export const whole = (id: string, markup: Markup): LiveSection => ({ id, markup, frame: markup.text, parts: [] });

/** A section whose parts change one by one. */
export function divided(id: string, parts: readonly LivePart[], frame: (parts: Content) => Markup): LiveSection {
  const ids = parts.map((part) => part.id).join(' ');
  return { id, markup: frame(parts.map(({ markup }) => markup)), frame: frame(ids).text, parts };
}

/** A section that has nothing to show. It stays in the page, to be replaced when there is something. */
export const nothing = (id: string): LiveSection => whole(id, html`<section id="${id}" hidden></section>`);

/** The parts of `now` to replace in a page that shows `before`: markup by id. */
export function changedParts(before: readonly LiveSection[], now: readonly LiveSection[]): ReadonlyMap<string, string> {
  const known = new Map(before.map((section) => [section.id, section]));
  const changed = new Map<string, string>();
  for (const section of now) {
    const old = known.get(section.id);
    if (old?.frame !== section.frame) {
      changed.set(section.id, section.markup.text);
      continue;
    }
    const parts = new Map(old.parts.map(({ id, markup }) => [id, markup.text]));
    for (const { id, markup } of section.parts) if (parts.get(id) !== markup.text) changed.set(id, markup.text);
  }
  return changed;
}
