/**
 * Markup from tagged templates that escape all values, so that a strategy's name can never become an element. Only
 * results of other `html` templates are inserted unescaped.
 */

/** HTML or SVG that is safe to insert into a document. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** A value in a template. null, undefined and false render as nothing. */
export type Content = string | number | Markup | null | undefined | false | readonly Content[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Characters that must not occur in a text: control characters, which HTML forbids; lone surrogates; and bidirectional
 * overrides, with which a displayed command could differ from the copied one.
 */
const MISPLACED = /[^\t\n\P{Cc}]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes text for element content and for quoted attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => escapes[char]!).replace(MISPLACED, '�');
}

/** HTML or SVG from a template. Strings and numbers in it are escaped. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = strings[0]!;
  for (const [index, content] of contents.entries()) text += render(content) + strings[index + 1]!;
  return new Markup(text);
}

/** Concatenates pieces. */
export const join = (pieces: readonly Content[]): Markup => new Markup(pieces.map(render).join(''));

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escapeHtml(content);
  if (typeof content === 'number') return coordinate(content);
  return content.map(render).join('');
}

/** A number for an attribute, with at most two decimals. */
function coordinate(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return rounded === 0 ? '0' : String(rounded);
}
