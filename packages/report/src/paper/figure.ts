/** Figures of a paper page, as data that reproductions provide and the page draws. */

/** A mean with its interval. Without an estimate, `low` and `high` equal `value`. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Fields of all figures. */
interface FigureBase {
  /** Unique on a page, and the name of the file: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** What the figure shows, in one or two sentences. */
  readonly caption: string;
}

/** A strategy in a cost-loss figure. */
export interface CostLossPoint {
  readonly label: string;
  readonly cost: number;
  readonly loss: Estimate;
  /** Points of one group look alike. */
  readonly group?: string;
  /** True for the baseline. */
  readonly baseline?: boolean;
}

/** Cost against loss with the Pareto front. Lower is better for both. */
export interface CostLossFigure extends FigureBase {
  readonly kind: 'cost-loss';
  readonly points: readonly CostLossPoint[];
  /** Title of the cost axis, e.g. `cost, of training from scratch (PTFS)`. */
  readonly costTitle: string;
  /** E.g. `loss after version 4, nats per byte`. */
  readonly lossTitle: string;
  /** Lower bound of the cost, e.g. every token once. */
  readonly floor?: { readonly cost: number; readonly label: string };
}

/** One line: its points from left to right. */
export interface LineSeries {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: Estimate }[];
}

/** A line chart of results against a varied quantity, with intervals as bands. */
export interface LinesFigure extends FigureBase {
  readonly kind: 'lines';
  readonly xTitle: string;
  readonly yTitle: string;
  /** `log` requires x above 0. Default: linear. */
  readonly xScale?: 'linear' | 'log';
  /** Ticks for few values of x, e.g. `{ at: 0.01, label: 'peak/100' }`. Default: round numbers. */
  readonly xTicks?: readonly { readonly at: number; readonly label: string }[];
  /**
   * Panels next to each other, with a shared x axis and separate vertical axes. Series with equal labels have the same
   * colour in all panels.
   */
  readonly panels: readonly {
    readonly title: string;
    readonly series: readonly LineSeries[];
    /** Horizontal reference lines. */
    readonly levels?: readonly { readonly label: string; readonly value: number }[];
  }[];
}

/** A planned or trained run graph, e.g. `Results['graph']` or the graph of `PlanFacts`. */
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

/** Run graphs below each other, on a shared axis of steps. */
export interface GraphFigure extends FigureBase {
  readonly kind: 'graph';
  readonly panels: readonly { readonly title: string; readonly graph: FigureGraph }[];
  /** Unit of the axis: its size in steps, e.g. an increment, and its name. Default: steps. */
  readonly unit?: { readonly steps: number; readonly name: string };
}

/** A matrix of numbers. Darker tints are larger values. */
export interface MatrixFigure extends FigureBase {
  readonly kind: 'matrix';
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** Panels share one tint scale and are drawn next to each other. */
  readonly panels: readonly {
    readonly title: string;
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    /** By row, then column; null: not measured. */
    readonly values: readonly (readonly (number | null)[])[];
  }[];
  /** `sequential`: from smallest to largest. `diverging`: two colours, below and above 0. */
  readonly tint: 'sequential' | 'diverging';
  /** Decimals. Default 3. */
  readonly digits?: number;
}

/** A bar chart of unordered values, or of differences around 0. */
export interface BarsFigure extends FigureBase {
  readonly kind: 'bars';
  readonly valueTitle: string;
  readonly bars: readonly { readonly label: string; readonly value: Estimate; readonly group?: string }[];
}

/** A figure of a paper page. */
export type PaperFigure = CostLossFigure | LinesFigure | GraphFigure | MatrixFigure | BarsFigure;
