/** Names shared by experiments, claims, tables and figures of the learning-rate paper. */

/** The grid at the size and horizon outside of the fit. */
export const TARGET = 'target';
/** A run at the same size and horizon, at the rate that the small runs predict. */
export const PREDICTION = 'prediction';
/** Prefix of the experiments with mixtures of experts. */
export const EXPERTS = 'experts-';

/** Width and layers of a model. */
export interface ModelSize {
  readonly width: number;
  readonly layers: number;
}

/** `32x2`: width and layers. */
export const sizeText = ({ width, layers }: ModelSize): string => `${width}x${layers}`;
/** The grid of a size of the fit. */
export const gridName = (size: ModelSize, prefix = ''): string => `${prefix}grid-${sizeText(size)}`;
/** A run of a grid. */
export const runName = (rate: number, steps: number): string => `rate ${rate}, ${steps} steps`;

/** The rate that the fitted law predicts. */
export const FITTED = 'fitted law';
/** The best rate of the largest size and longest horizon of the fit, as it is. */
export const UNCHANGED = 'best small rate, unchanged';
/** The same rate, multiplied by the ratio of the paper's exponents. */
export const PUBLISHED = "best small rate, paper's exponents";

/** A run whose hyperparameters were transferred from a smaller one. */
export const TRANSFERRED = 'transferred';

/** How a tuned small run is transferred to the target. */
export interface TransferCase {
  readonly rule: 'mup' | 'completed-p';
  /** The tuned size; its run is the longest of the fit. */
  readonly from: ModelSize;
  /** The peak falls with the tokens to the power of minus this. Absent: what the rule says. */
  readonly horizon?: number;
}

/** The experiment of a transfer. */
export const transferName = ({ rule, from }: TransferCase): string => `transfer-${rule}-${sizeText(from)}`;

/** Modules whose rates are tuned: classes of parameters. */
export const MODULES = {
  embedding: ['embedding'],
  hidden: ['hidden'],
  norm: ['norm', 'outputNorm'],
  output: ['output'],
} as const;
/** Name of a module. */
export type ModuleName = keyof typeof MODULES;
/** Names of the modules. */
export const MODULE_NAMES = Object.keys(MODULES) as readonly ModuleName[];
/** A run with a factor for the rate of one module, or with tuned factors for all. */
export const MODULE_WISE = 'module-wise';
/** The small run with one rate for all modules. */
export const MODULES_ONE = 'modules-one-rate';
/** The target with the tuned factors. */
export const MODULES_TARGET = 'modules-target';
/** The small run with a factor for one module. */
export const moduleName = (module: ModuleName, side: 'lower' | 'higher'): string => `modules-${module}-${side}`;
