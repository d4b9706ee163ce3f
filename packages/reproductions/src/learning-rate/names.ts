/** Names shared by experiments, claims, tables and figures of the learning-rate paper. */

/** The grid at the size and horizon outside of the fit. */
export const TARGET = 'target';
/** Runs at the same size and horizon, at rates that the small runs predict. */
export const PREDICTION = 'prediction';

/** Width and layers of a model. */
export interface ModelSize {
  readonly width: number;
  readonly layers: number;
}

/** `32x2`: width and layers. */
export const sizeText = ({ width, layers }: ModelSize): string => `${width}x${layers}`;
/** The grid of a size of the fit. */
export const gridName = (size: ModelSize): string => `grid-${sizeText(size)}`;
/** A run of a grid. */
export const runName = (rate: number, steps: number): string => `rate ${rate}, ${steps} steps`;

/** The rate that the fitted law predicts. */
export const FITTED = 'fitted law';
/** The best rate of the largest size and longest horizon of the fit, as it is. */
export const UNCHANGED = 'best small rate, unchanged';
/** The same rate, multiplied by the ratio of the paper's exponents. */
export const PUBLISHED = "best small rate, paper's exponents";
