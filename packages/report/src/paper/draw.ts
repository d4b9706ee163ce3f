/** Draws figures of any kind. */
import { drawBars } from './bars.js';
import { drawCostLoss } from './cost-loss.js';
import { type Drawing, type FigureSize, fileOf } from './drawing.js';
import type { PaperFigure } from './figure.js';
import { drawGraph } from './graph.js';
import { drawLines } from './lines.js';
import { drawMatrix } from './matrix.js';

/** Draws a figure at a size. */
export function draw(figure: PaperFigure, size: FigureSize): Drawing {
  switch (figure.kind) {
    case 'cost-loss':
      return drawCostLoss(figure, size);
    case 'lines':
      return drawLines(figure, size);
    case 'graph':
      return drawGraph(figure, size);
    case 'matrix':
      return drawMatrix(figure, size);
    case 'bars':
      return drawBars(figure, size);
  }
}

/**
 * A figure as a self-contained SVG file. It follows the reader's light or dark mode even when shown as an image. Equal
 * figures give equal bytes.
 */
export const renderFigure = (figure: PaperFigure): string => fileOf(draw(figure, 'wide'), figure.title);
