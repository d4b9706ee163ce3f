import { printable, printableCell } from '../ui/printable.js';
import type { Style } from '../ui/style.js';

/**
 * Like `table`, but fast for any number of rows: a hundred thousand take a second. `numbers` are the right-aligned
 * columns.
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

/** Approximate terminal width of a text: wide characters and emoji count as two, combining marks as zero. */
function widthOf(text: string): number {
  if (/^[ -\u02ff]*$/.test(text)) return text.length;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const wide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu;
  return count(/\P{M}/gu) + count(wide);
}
