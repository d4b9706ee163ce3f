/** Tables that fit the terminal: the only place that decides widths of columns. */
import { stripVTControlCharacters } from 'node:util';
import { shortNames } from '@branchline/evaluation';
import Table from 'cli-table3';
import stringWidth from 'string-width';
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

/** Space before a column. */
const GAP = 2;

/** What may become of columns in a table that is too wide. */
interface Kinds {
  /** Right-aligned columns; their cells are never shortened. */
  readonly numbers: readonly number[];
  /** Columns of sentences, which continue on further lines. All others with letters hold names, which are shortened. */
  readonly prose: readonly number[];
}

/** Widths below which a column is not shortened: a name, a sentence, the head of a column of numbers. */
const LEAST = { name: 12, prose: 24, head: 12 };

/** Names get room before sentences up to this width. */
const NAME = 32;

/**
 * A table without borders, which can be pasted anywhere. `numbers` are the right-aligned columns, `prose` those with
 * sentences.
 *
 * No line is longer than the terminal (`style.columns`). In a table that is too wide, names lose their middle but stay
 * different, and sentences continue on the next line. If that is not enough, the table is split: blocks follow each
 * other, each with the first column and some others.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  numbers: readonly number[] = [],
  prose: readonly number[] = [],
): string {
  const cells = [head.map(printableCell), ...rows.map((row) => row.map(printableCell))];
  return fitColumns(cells, style.columns, { numbers, prose })
    .map(([top, ...block]) => draw(top!, block, style, numbers))
    .join('\n\n');
}

/** A block of a table; its first line is the head. */
export type Block = readonly Line[];

/** Cells of a line, and which columns of the whole table they are. */
export interface Line {
  readonly cells: readonly string[];
  readonly columns: readonly number[];
}

function draw(head: Line, lines: Block, style: Style, numbers: readonly number[]): string {
  const made = new Table({
    head: head.cells.map((name) => style.bold(name)),
    colAligns: head.columns.map((column) => (numbers.includes(column) ? 'right' : 'left')),
    chars: LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const { cells } of lines) made.push([...cells]);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

/**
 * Makes the cells of a table fit a width. The first row is the head.
 *
 * @returns One block, or several where the columns do not fit next to each other.
 */
export function fitColumns(rows: readonly (readonly string[])[], width: number, kinds: Kinds): readonly Block[] {
  const columns = rows[0]!.map((_, index) => sizeOf(rows, index, kinds));
  const all = columns.map((_, index) => index);
  const natural = columns.map((column) => column.natural);
  if (totalOf(natural) <= width) return [rows.map((cells) => ({ cells, columns: all }))];
  if (totalOf(columns.map(({ least }) => least)) <= width) return [fitted(rows, all, widen(columns, width), kinds)];
  const [key, ...others] = columns;
  const keyWidth = Math.min(key!.natural, Math.max(key!.least, Math.floor(0.36 * width)));
  const own = { ...key!, natural: keyWidth, least: keyWidth };
  const blocks: number[][] = [[]];
  for (const [index, { least }] of others.entries()) {
    const block = blocks.at(-1)!;
    const taken = totalOf([keyWidth, ...block.map((column) => columns[column]!.least), least]);
    if (block.length > 0 && taken > width) blocks.push([index + 1]);
    else block.push(index + 1);
  }
  // A column alone, such as the verdicts, gets the one before it as company.
  const [before, last] = [blocks.at(-2), blocks.at(-1)!];
  if (before !== undefined && before.length > 1 && last.length === 1) {
    const moved = before.at(-1)!;
    const fits = totalOf([keyWidth, columns[moved]!.least, columns[last[0]!]!.least]) <= width;
    if (fits) last.unshift(before.pop()!);
  }
  return blocks.map((block) => {
    const sizes = [own, ...block.map((column) => columns[column]!)];
    return fitted(rows, [0, ...block], widen(sizes, width), kinds);
  });
}

/** Columns that a text takes: wide characters and emoji two, combining marks and colours none. */
export const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));

/** Columns without any are numbers, intervals or dates: a part of one would be another one. */
const LETTERS = /\p{L}/u;

interface Size {
  readonly kind: 'number' | 'name' | 'prose';
  readonly natural: number;
  readonly least: number;
}

function sizeOf(rows: readonly (readonly string[])[], column: number, { numbers, prose }: Kinds): Size {
  const [head, ...cells] = rows.map((row) => widthOf(row[column] ?? ''));
  const widest = cells.reduce((most, one) => Math.max(most, one), 0);
  const natural = Math.max(head!, widest);
  if (numbers.includes(column) || rows.slice(1).every((row) => !LETTERS.test(plainOf(row[column] ?? '')))) {
    return { kind: 'number', natural, least: Math.max(widest, Math.min(head!, LEAST.head)) };
  }
  const kind = prose.includes(column) ? 'prose' : 'name';
  return { kind, natural, least: Math.min(natural, LEAST[kind]) };
}

const totalOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + GAP + width, 0);

/** Gives what is left of a width to the columns that need it, the narrowest first. */
function widen(columns: readonly Size[], width: number): readonly number[] {
  const widths = columns.map(({ least }) => least);
  for (let left = width - totalOf(widths); left > 0; left--) {
    const needy = [...columns.keys()].filter((column) => widths[column]! < columns[column]!.natural);
    const first = needy.filter((column) => columns[column]!.kind !== 'prose' && widths[column]! < NAME);
    const next = (first.length > 0 ? first : needy).sort((a, b) => widths[a]! - widths[b]!)[0];
    if (next === undefined) break;
    widths[next]!++;
  }
  return widths;
}

function fitted(
  rows: readonly (readonly string[])[],
  columns: readonly number[],
  widths: readonly number[],
  { prose }: Kinds,
): Block {
  const shortened = columns.map((column, at) => {
    const width = widths[at]!;
    const cells = rows.slice(1).map((row) => row[column] ?? '');
    if (cells.every((cell) => widthOf(cell) <= width)) return cells.map((cell) => [cell]);
    if (prose.includes(column)) return cells.map((cell) => proseLines(cell, width));
    const short = shortNames(cells.map(plainOf), width, widthOf);
    return cells.map((cell) => [repaint(cell, short(plainOf(cell)))]);
  });
  // Heads are different names too.
  const heads = columns.map((column) => rows[0]![column]!);
  const shortHeads = columns.map((_, at) => shortNames(heads.map(plainOf), widths[at]!, widthOf));
  const head: Line = { cells: heads.map((name, at) => shortHeads[at]!(plainOf(name))), columns };
  const lines = rows.slice(1).flatMap((_, row): Line[] => {
    const parts = shortened.map((column) => column[row]!);
    const height = parts.reduce((most, lines) => Math.max(most, lines.length), 1);
    const all = Array.from({ length: height }, (__, line) => parts.map((part) => part[line] ?? ''));
    return all.filter((cells) => cells.some((cell) => cell !== '')).map((cells) => ({ cells, columns }));
  });
  return [head, ...lines];
}

const plainOf = stripVTControlCharacters;

/** Another text in the colour of a cell. Cells of several colours lose them where they are shortened. */
function repaint(cell: string, text: string): string {
  if (plainOf(cell) === text) return cell;
  const at = cell.indexOf(plainOf(cell));
  return at < 0 ? text : `${cell.slice(0, at)}${text}${cell.slice(at + plainOf(cell).length)}`;
}

const graphemes = new Intl.Segmenter();

/** A sentence in lines of at most `width`, broken between words where that is possible. */
export function proseLines(cell: string, width: number): readonly string[] {
  const plain = plainOf(cell);
  if (widthOf(plain) <= width) return [cell];
  const lines: string[] = [''];
  for (const word of plain.trimEnd().split(/(?<=\s)(?=\S)/u)) {
    if (widthOf(`${lines.at(-1)!}${word.trimEnd()}`) <= width) {
      lines[lines.length - 1] += word;
      continue;
    }
    if (lines.at(-1)!.trim() !== '') lines.push('');
    for (const { segment } of graphemes.segment(word)) {
      if (widthOf(`${lines.at(-1)!}${segment}`.trimEnd()) > width) lines.push('');
      lines[lines.length - 1] += segment;
    }
  }
  return lines.map((line) => repaint(cell, line.trimEnd()));
}
