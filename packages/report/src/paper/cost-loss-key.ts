/** The key of a figure's numbered marks, by group, in columns. */
import { bold, fitText, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { estimateText, type FigureSize } from './drawing.js';
import { disk, type Mark, nameOf } from './mark.js';

const row = 18;
/** Font size in pixels, as in the style sheet. */
const label = 12;
const radius = 7;

type Line = { readonly head: string; readonly colour: string } | { readonly mark: Mark };

/** Lists all marks by number with their losses, below a drawing of this width. */
export function key(marks: readonly Mark[], width: number, size: FigureSize): { height: number; content: Markup } {
  const lines = linesOf(marks);
  const longest = marks.reduce((most, mark) => Math.max(most, textWidth(nameOf(mark), label)), 0);
  const values = marks.reduce((most, { point }) => Math.max(most, textWidth(estimateText(point.loss, 3), label)), 0);
  const gap = 22;
  const fitting = Math.floor((width + gap) / (2 * radius + 8 + longest + 10 + values + gap));
  // Prefers truncating long names (the mark's tooltip has the full name) to a list that fills a page.
  const count = size === 'narrow' ? 1 : Math.max(marks.length > 8 ? 2 : 1, Math.min(3, fitting));
  const column = (width - gap * (count - 1)) / count;
  const columns = flow(lines, count);
  const most = Math.max(0, ...columns.map(({ length }) => length));
  const content = columns.map((some, place) =>
    some.map((line, index) => drawLine(line, { x: place * (column + gap), y: 20 + index * row, column, values })),
  );
  return { height: most === 0 ? 0 : 16 + most * row, content: html`${content}` };
}

function linesOf(marks: readonly Mark[]): readonly Line[] {
  return marks.flatMap((mark, index): readonly Line[] => {
    const { group } = mark.point;
    const isFirst = group !== undefined && marks[index - 1]?.point.group !== group;
    return [...(isFirst ? [{ head: group, colour: mark.colour }] : []), { mark }];
  });
}

/** Splits lines into columns of about equal length, without a heading at the end of a column. */
function flow(lines: readonly Line[], count: number): readonly (readonly Line[])[] {
  const columns: Line[][] = [[]];
  const height = Math.ceil((lines.length + count - 1) / count);
  for (const line of lines) {
    const last = columns.at(-1)!;
    const isFull = last.length >= height || ('head' in line && last.length >= height - 1);
    if (isFull && columns.length < count) columns.push([line]);
    else last.push(line);
  }
  return columns;
}

function drawLine(
  line: Line,
  {
    x,
    y,
    column,
    values,
  }: { readonly x: number; readonly y: number; readonly column: number; readonly values: number },
): Markup {
  if ('head' in line) {
    const text = fitText(line.head, column, label * bold);
    return html`<text class="label ${line.colour}" x="${x}" y="${y + 4}">${text}</text>`;
  }
  const { mark } = line;
  const name = fitText(nameOf(mark), column - 2 * radius - 16 - values, label);
  const at = { ...mark, x: x + radius + 1, y, isBeyond: false };
  return html`${disk(at, radius)}<text x="${x + 2 * radius + 8}" y="${y + 4}"${mark.isOnFront ? html` font-weight="650"` : null}>${name}<title>${nameOf(mark)}</title></text><text class="value" x="${x + column}" y="${y + 4}" text-anchor="end">${estimateText(mark.point.loss, 3)}</text>`;
}
