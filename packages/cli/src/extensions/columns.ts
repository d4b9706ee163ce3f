/** Text in lines and columns that fit a terminal. */
import { printable } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** Width of the terminal, between 60 and 160 columns; 100 if there is none. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max(60, Math.min(stream.columns ?? 100, 160));
}

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

/**
 * A table whose last column takes the remaining width. The first column is not wrapped; each column in between gets at
 * most a quarter of the width.
 */
export function fitted(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
  style: Style,
): string {
  const gap = 2;
  const most = Math.floor(width / 4);
  const widths = head.map((name, column) => {
    const longest = Math.max(name.length, ...rows.map((row) => row[column]!.length));
    return column === 0 ? longest : Math.min(longest, most);
  });
  const before = widths.slice(0, -1).reduce((sum, taken) => sum + taken + gap, gap);
  widths[widths.length - 1] = Math.max(20, width - before);
  const lines = rows.flatMap((row) => {
    const cells = row.map((text, column) => wrap(printable(text), widths[column]!));
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) =>
      cells.map((cell, column) => (column === 0 ? style.cyan(cell[line] ?? '') : (cell[line] ?? ''))),
    );
  });
  return table(head, lines, style);
}
