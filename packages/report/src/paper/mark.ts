/** A strategy as a numbered mark. */
import { formatPercent } from '../format.js';
import { html, type Markup } from '../html.js';
import { estimateText } from './drawing.js';
import type { CostLossPoint } from './figure.js';

/** A strategy's mark: number, position and look. */
export interface Mark {
  readonly point: CostLossPoint;
  readonly number: number;
  readonly colour: string;
  readonly isOnFront: boolean;
  readonly x: number;
  readonly y: number;
  /** True if its loss lies above the axis, so that it is drawn at the edge. */
  readonly isBeyond: boolean;
}

/** The name of a mark, with a note if it is the baseline. */
export const nameOf = ({ point }: Mark): string => `${point.label}${point.baseline ? ' (baseline)' : ''}`;

/** Draws a mark with its number, and with a ring if it is on the front. */
export function disk({ number, colour, x, y, isOnFront, isBeyond, point }: Mark, radius: number): Markup {
  const arrow = isBeyond ? html`<path class="beyond" d="M${x - 4} ${y - radius - 2}l4 -5l4 5Z"/>` : null;
  return html`<g class="${colour}">${arrow}<circle class="disk${isOnFront ? ' ring' : ''}" cx="${x}" cy="${y}" r="${radius}"/><text class="number" x="${x}" y="${y + 3.4}" text-anchor="middle">${number}</text><title>${`${point.label}: ${formatPercent(point.cost)}, ${estimateText(point.loss, 4)}`}</title></g>`;
}
