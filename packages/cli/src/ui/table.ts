import Table from 'cli-table3';
import { printableCell } from './printable.js';
import type { Style } from './style.js';

const LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table without borders, which can be pasted anywhere. `numbers` are the right-aligned columns. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  numbers: readonly number[] = [],
): string {
  const made = new Table({
    head: head.map((name) => style.bold(printableCell(name))),
    colAligns: head.map((_, column) => (numbers.includes(column) ? 'right' : 'left')),
    chars: LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) made.push(row.map(printableCell));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}
