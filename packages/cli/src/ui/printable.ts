/** Escapes untrusted text, such as that of files and plugins, for terminal output. */

/** Control characters, line separators and bidirectional controls, which a terminal interprets. */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Escapes all characters that a terminal interprets, such as `\u001b`, except line feeds. */
export function printable(text: string): string {
  return text.replace(ACTING, (char) => (char === '\n' ? char : spelled(char)));
}

/** Escapes all strings in plain data, including keys. */
export function printableAll<T>(data: T): T {
  const made = (value: unknown): unknown => {
    if (typeof value === 'string') return printable(value);
    if (Array.isArray(value)) return value.map(made);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), made(inner)]));
  };
  return made(data) as T;
}

/** A table cell on one line. Keeps the colours of `Style`; the text inside was escaped before it was coloured. */
export function printableCell(text: string): string {
  return text.replace(/\p{Cc}\[\d{1,2}m|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (found) =>
    found.startsWith('\u001b[') ? found : `${spelled(found[0]!)}${found.slice(1)}`,
  );
}

function spelled(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
