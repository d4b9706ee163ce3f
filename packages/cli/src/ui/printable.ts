/** Texts of files, plugins and other people, on their way to a terminal. */

/**
 * What moves the cursor, hides, colours or renames in a terminal, breaks lines there, or turns the order of writing
 * around.
 */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A text in which everything that a terminal would act on, but line feeds, is spelled out: `\u001b`. */
export function printable(text: string): string {
  return text.replace(ACTING, (char) => (char === '\n' ? char : spelled(char)));
}

/** Plain data with all its texts printable, names of keys included. */
export function printableAll<T>(data: T): T {
  const made = (value: unknown): unknown => {
    if (typeof value === 'string') return printable(value);
    if (Array.isArray(value)) return value.map(made);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), made(inner)]));
  };
  return made(data) as T;
}

/** A cell of a table, in one line. The colours of `Style` stay; texts were made printable before they got one. */
export function printableCell(text: string): string {
  return text.replace(/\p{Cc}\[\d{1,2}m|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (found) =>
    found.startsWith('\u001b[') ? found : `${spelled(found[0]!)}${found.slice(1)}`,
  );
}

function spelled(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
