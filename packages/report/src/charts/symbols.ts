import { shortNames } from '@branchline/evaluation';
import {
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';
import { textWidth } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import type { StrategyView } from '../view.js';

// Without diamonds, which stand for averages in this report.
const shapes: readonly { readonly type: SymbolType; readonly turn: number; readonly size: number }[] = [
  { type: symbolCircle, turn: 0, size: 1 },
  { type: symbolSquare, turn: 0, size: 0.95 },
  { type: symbolTriangle, turn: 0, size: 0.9 },
  { type: symbolCross, turn: 0, size: 1 },
  { type: symbolStar, turn: 0, size: 0.85 },
  { type: symbolTriangle, turn: 180, size: 0.9 },
  { type: symbolWye, turn: 0, size: 0.95 },
];

/** Appearance of a strategy: `symbol` picks the symbol, `colour` is the class of the colour. */
export type Look = Pick<StrategyView, 'symbol' | 'colour'>;

/** A strategy's symbol, which distinguishes strategies without relying on colour. */
export function marker(strategy: Look, x: number, y: number, radius: number, tip?: Content): Markup {
  const shape = shapes[strategy.symbol % shapes.length]!;
  const path = symbol(shape.type, Math.PI * radius * radius * shape.size).digits(2)() ?? '';
  const turn = shape.turn ? html` rotate(${shape.turn})` : null;
  return html`<path class="marker ${strategy.colour}" d="${path}" transform="translate(${x} ${y})${turn}">${
    tip ? html`<title>${tip}</title>` : null
  }</path>`;
}

/** The symbol alone, for legends and tables. */
export function swatch(strategy: StrategyView): Markup {
  return html`<svg class="swatch" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">${marker(strategy, 0, 0, 5)}</svg>`;
}

/** A strategy's name with its symbol, for legends, tables and headings. `label` is what is shown of it. */
export function nameTag(strategy: StrategyView, label = strategy.name): Markup {
  return html`<span class="name">${swatch(strategy)}<bdi title="${strategy.name}">${label}</bdi></span>`;
}

/** Width of a name in a legend, in pixels. */
const LEGEND = { width: 340, size: 14 };

/** All strategies with their symbols. Hovering over one dims the others through style rules. */
export function legend(strategies: readonly StrategyView[], extra?: Content, shown = ''): Markup {
  const names = strategies.map(({ name }) => name);
  const short = shortNames(names, LEGEND.width, (text) => textWidth(text, LEGEND.size));
  return html`<ul class="legend ${shown}">${strategies.map(
    (strategy) => html`<li class="pick" data-s="${strategy.index}">${nameTag(strategy, short(strategy.name))}</li>`,
  )}${extra}</ul>`;
}
