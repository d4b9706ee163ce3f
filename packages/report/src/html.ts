/**
 * Markup by tagged templates that escape whatever is put into them, so that a strategy's name can never become an
 * element. Only what another `html` template made is taken as it is.
 */

/** A piece of HTML or SVG that is safe to put into a document. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What a template can hold: nothing at all for null, undefined and false. */
export type Content = string | number | Markup | null | undefined | false | readonly Content[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * What has no place in a text: control characters, which HTML does not allow; halves of characters; and what turns the
 * order of writing around, so that a command looks like another than the one that is copied.
 */
const MISPLACED = /[^\t\n\P{Cc}]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes text for element content and for attribute values in quotes of either kind. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => escapes[char]!).replace(MISPLACED, '�');
}

/** HTML or SVG from a template; strings and numbers put into it are escaped. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = strings[0]!;
  for (const [index, content] of contents.entries()) text += render(content) + strings[index + 1]!;
  return new Markup(text);
}

/** Pieces one after the other. */
export const join = (pieces: readonly Content[]): Markup => new Markup(pieces.map(render).join(''));

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escapeHtml(content);
  if (typeof content === 'number') return coordinate(content);
  return content.map(render).join('');
}

/** A number for an attribute: two decimals are finer than a pixel, and the shortest form keeps the file small. */
function coordinate(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return rounded === 0 ? '0' : String(rounded);
}
