/** Figures of a paper page, as data: a reproduction says what is to be seen, and the page draws it. */

/** A mean with its interval; where there is nothing to estimate, `low` and `high` are the value itself. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What all figures have. */
interface FigureBase {
  /** Unique among the figures of a page, and the name of its file: small letters, digits and hyphens. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** What is drawn and what is to be seen in it, in a sentence or two. */
  readonly caption: string;
}

/** A strategy among others. */
export interface CostLossPoint {
  readonly label: string;
  readonly cost: number;
  readonly loss: Estimate;
  /** What it is counted among; points of one group look alike. */
  readonly group?: string;
  /** That with which the others are compared. */
  readonly baseline?: boolean;
}

/** Cost against loss, with the Pareto front: of both, less is better. */
export interface CostLossFigure extends FigureBase {
  readonly kind: 'cost-loss';
  readonly points: readonly CostLossPoint[];
  /** What cost is a share of, e.g. `cost, of training from scratch (PTFS)`. */
  readonly costTitle: string;
  /** E.g. `loss after version 4, nats per byte`. */
  readonly lossTitle: string;
  /** The least that anything can cost, e.g. every token once. */
  readonly floor?: { readonly cost: number; readonly label: string };
}

/** One line: its points from left to right. */
export interface LineSeries {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: Estimate }[];
}

/** Something against what was varied, with intervals as bands. */
export interface LinesFigure extends FigureBase {
  readonly kind: 'lines';
  readonly xTitle: string;
  readonly yTitle: string;
  /** `log`: all x are above 0. Default: linear. */
  readonly xScale?: 'linear' | 'log';
  /** Where x is a choice of few, e.g. `{ at: 0.01, label: 'peak/100' }`; else round numbers. */
  readonly xTicks?: readonly { readonly at: number; readonly label: string }[];
  /**
   * Beside each other: the same x, and a vertical axis for each, so that they may differ in level. One label is one
   * colour.
   */
  readonly panels: readonly {
    readonly title: string;
    readonly series: readonly LineSeries[];
    /** Levels to compare with. */
    readonly levels?: readonly { readonly label: string; readonly value: number }[];
  }[];
}

/** A run graph that was planned or trained: `Results['graph']` and the graph of `PlanFacts` are such graphs. */
export interface FigureGraph {
  readonly nodes: readonly {
    readonly id: number;
    readonly kind: 'init' | 'step' | 'derived' | 'reset';
    /** Steps since the weights were drawn. */
    readonly position: number;
    readonly releases: readonly { readonly strategy: string; readonly version: number }[];
  }[];
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    readonly kind: 'train' | 'average' | 'reset';
    readonly steps: number;
    readonly strategies: readonly string[];
  }[];
}

/** Run graphs, one below the other on the same axis of steps. */
export interface GraphFigure extends FigureBase {
  readonly kind: 'graph';
  readonly panels: readonly { readonly title: string; readonly graph: FigureGraph }[];
  /** Steps to which ticks belong, e.g. those of an increment, and what one of them is called; else steps. */
  readonly unit?: { readonly steps: number; readonly name: string };
}

/** Numbers in rows and columns, tinted: the more ink, the larger. */
export interface MatrixFigure extends FigureBase {
  readonly kind: 'matrix';
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** Each with the same tints; more than one are drawn beside each other. */
  readonly panels: readonly {
    readonly title: string;
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    /** By row, then column; null: nothing was measured. */
    readonly values: readonly (readonly (number | null)[])[];
  }[];
  /** `sequential`: from least to largest. `diverging`: below and above 0 in two colours. */
  readonly tint: 'sequential' | 'diverging';
  /** Digits behind the point; default 3. */
  readonly digits?: number;
}

/** Values of a few things that have no order, from 0 on or as differences around it. */
export interface BarsFigure extends FigureBase {
  readonly kind: 'bars';
  readonly valueTitle: string;
  readonly bars: readonly { readonly label: string; readonly value: Estimate; readonly group?: string }[];
}

/** A figure of a paper page. */
export type PaperFigure = CostLossFigure | LinesFigure | GraphFigure | MatrixFigure | BarsFigure;
