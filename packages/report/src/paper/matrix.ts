/** Tinted matrices of numbers. */
import { bold, fitText, textWidth } from '../format.js';
import { html, type Markup } from '../html.js';
import { type Drawing, type FigureSize, widthOf } from './drawing.js';
import type { MatrixFigure } from './figure.js';

type Panel = MatrixFigure['panels'][number];

const cell = { height: 26, least: 46, most: 96 };
const gap = 30;
const text = 12;

export function drawMatrix(
  { panels, rowTitle, columnTitle, tint, digits = 3 }: MatrixFigure,
  size: FigureSize,
): Drawing {
  const width = widthOf[size];
  const longest = panels.flatMap(({ rows }) => rows).reduce((most, name) => Math.max(most, textWidth(name, text)), 0);
  const label = Math.min(size === 'narrow' ? 96 : 190, longest + 10);
  const columns = panels.reduce((most, panel) => Math.max(most, panel.columns.length), 1);
  const heads = panels
    .flatMap((panel) => panel.columns)
    .reduce((most, name) => Math.max(most, textWidth(name, text)), 0);
  const wanted = Math.min(cell.most, Math.max(cell.least, heads + 8));
  const perRow = Math.max(1, Math.min(panels.length, Math.floor((width + gap) / (label + columns * wanted + gap))));
  const fitted = Math.min(wanted, ((width + gap) / perRow - gap - label) / columns);
  const scale = scaleOf(panels, tint);
  const shape = { label, width: fitted, digits, rowTitle, columnTitle, scale };
  const step = Math.max(label + columns * fitted, Math.min(150, width)) + gap;
  let top = 0;
  const drawn: Markup[] = [];
  for (let first = 0; first < panels.length; first += perRow) {
    const some = panels.slice(first, first + perRow);
    for (const [place, panel] of some.entries()) {
      drawn.push(html`<g transform="translate(${place * step} ${top})">${drawPanel(panel, shape)}</g>`);
    }
    top += 72 + Math.max(...some.map(({ rows }) => rows.length)) * cell.height;
  }
  return {
    width,
    height: Math.max(1, top - 18),
    description: panels.map((panel) => describe(panel, digits)).join('; '),
    content: html`${drawn}`,
  };
}

const describe = ({ title, rows, values }: Panel, digits: number) =>
  `${title}: ${rows.map((row, index) => `${row}: ${(values[index] ?? []).map((value) => show(value, digits)).join(', ')}`).join(', ')}`;

const show = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits).replace('-', '−');

/** The tint of a value: its strength, 0 to 1, and whether it has the colour of negative values. */
function scaleOf(panels: readonly Panel[], tint: MatrixFigure['tint']) {
  const all = panels.flatMap(({ values }) => values.flat()).filter((one): one is number => Number.isFinite(one));
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return (value: number) =>
    tint === 'diverging'
      ? { ink: Math.abs(value) / most, isBelow: value < 0 }
      : { ink: high > low ? (value - low) / (high - low) : 0, isBelow: false };
}

interface Shape {
  readonly label: number;
  readonly width: number;
  readonly digits: number;
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly scale: ReturnType<typeof scaleOf>;
}

function drawPanel({ title, rows, columns, values }: Panel, shape: Shape): Markup {
  const { label, width, digits, rowTitle, columnTitle, scale } = shape;
  const whole = label + columns.length * width;
  const heads = columns.map(
    (name, index) =>
      html`<text class="key soft" x="${label + (index + 0.5) * width}" y="46" text-anchor="middle">${fitText(name, width - 2, text)}<title>${name}</title></text>`,
  );
  const lines = rows.map((name, row) => {
    const y = 52 + row * cell.height;
    const cells = columns.map((_, column) => {
      const value = values[row]?.[column];
      const x = label + column * width;
      const { ink, isBelow } =
        typeof value === 'number' && Number.isFinite(value) ? scale(value) : { ink: 0, isBelow: false };
      return html`<rect class="tint${isBelow ? ' below' : ''}" x="${x + 1}" y="${y + 1}" width="${width - 2}" height="${cell.height - 2}" rx="4" fill-opacity="${0.04 + 0.5 * ink}"/><text class="key" x="${x + width / 2}" y="${y + 17}" text-anchor="middle">${show(value, digits)}</text>`;
    });
    return html`<text class="key" x="${label - 8}" y="${y + 17}" text-anchor="end">${fitText(name, label - 8, text)}<title>${name}</title></text>${cells}`;
  });
  return html`<text class="panel" x="0" y="13">${fitText(title, whole, 13 * bold)}<title>${title}</title></text><text class="key soft" x="0" y="30">${fitText(`${rowTitle} ↓  ${columnTitle} →`, Math.max(whole, 150), text)}</text>${heads}${lines}`;
}
