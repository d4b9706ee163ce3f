/** Text in lines and columns that fit a terminal. */
import { printable } from '../ui/printable.js';
import { columnsOf, type Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** Width of the terminal, 160 columns at most: longer lines of text are hard to read. */
export const widthOf = (stream: NodeJS.WriteStream): number => Math.min(columnsOf(stream), 160);

/** Breaks a text between words into lines of at most `width` characters. Longer words get a line of their own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Text after a label. Continuation lines align with the first. */
export function labelled(label: string, text: string, width: number): string {
  return label + wrap(text, width - label.length).join(`\n${' '.repeat(label.length)}`);
}

/** A table of names, each with texts that continue on further lines. */
export function fitted(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
  style: Style,
): string {
  const cells = rows.map((row) =>
    row.map((text, column) => (column === 0 ? style.cyan(printable(text)) : printable(text))),
  );
  const prose = head.map((_, column) => column).slice(1);
  return table(head, cells, { ...style, columns: width }, [], prose);
}
