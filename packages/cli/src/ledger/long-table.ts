import { printable, printableCell } from '../ui/printable.js';
import type { Style } from '../ui/style.js';

/**
 * A table like those of `table`, for any number of rows: a hundred thousand take a second. `numbers` are columns that
 * end at the right.
 */
export function longTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  numbers: readonly number[],
): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => printableCell(printable(cell))));
  const widths = head.map((_, column) => lines.reduce((width, row) => Math.max(width, widthOf(row[column]!)), 0));
  return lines
    .map((row, line) =>
      row
        .map((cell, column) => {
          const space = ' '.repeat(widths[column]! - widthOf(cell));
          const text = line === 0 ? style.bold(cell) : cell;
          return `  ${numbers.includes(column) ? space + text : text + space}`;
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** Columns of a terminal that a text takes, near enough: wide letters and emoji take two, marks on letters none. */
function widthOf(text: string): number {
  if (/^[ -\u02ff]*$/.test(text)) return text.length;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const wide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu;
  return count(/\P{M}/gu) + count(wide);
}
