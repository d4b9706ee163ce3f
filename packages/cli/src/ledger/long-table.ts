import { printable, printableCell } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { type Block, fitColumns, widthOf } from '../ui/table.js';

/**
 * Like `table`, but fast for any number of rows: a hundred thousand take a second if they fit the terminal. `numbers`
 * are the right-aligned columns.
 */
export function longTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  numbers: readonly number[],
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => printableCell(printable(cell))));
  return fitColumns(cells, style.columns, { numbers, prose: [] })
    .map((block) => draw(block, style, numbers))
    .join('\n\n');
}

function draw(lines: Block, style: Style, numbers: readonly number[]): string {
  const { columns } = lines[0]!;
  const widths = columns.map((_, at) => lines.reduce((width, { cells }) => Math.max(width, widthOf(cells[at]!)), 0));
  return lines
    .map(({ cells }, line) =>
      cells
        .map((cell, at) => {
          const space = ' '.repeat(widths[at]! - widthOf(cell));
          const text = line === 0 ? style.bold(cell) : cell;
          return `  ${numbers.includes(columns[at]!) ? space + text : text + space}`;
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
