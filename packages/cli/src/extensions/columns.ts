/** Words in lines and columns that fit a terminal. */
import { printable } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** Columns of the terminal; where there is none, so many that a line is still read. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max(60, Math.min(stream.columns ?? 100, 160));
}

/** A text in lines of at most `width` characters, broken between words; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Lines behind a label; those after the first stand below the first. */
export function labelled(label: string, text: string, width: number): string {
  return label + wrap(text, width - label.length).join(`\n${' '.repeat(label.length)}`);
}

/**
 * A table whose last column takes the room that is left, and whose first never breaks. The columns between get no more
 * than a quarter of the width each.
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
