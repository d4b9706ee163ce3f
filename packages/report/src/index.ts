export { LIVE_POLICY, type LivePageOptions, livePage, liveSections, REPORT_POLICY } from './live/live-page.js';
export type { LiveCurve, LiveLane, LiveState, LiveStatus } from './live/live-state.js';
export { changedParts, type LivePart, type LiveSection } from './live/section.js';
export type { LiveLinks } from './live/status-section.js';
export { renderFigure } from './paper/draw.js';
export type {
  BarsFigure,
  CostLossFigure,
  CostLossPoint,
  Estimate,
  FigureGraph,
  GraphFigure,
  LineSeries,
  LinesFigure,
  MatrixFigure,
  PaperFigure,
} from './paper/figure.js';
export type { PageClaim, PageExperiment, PageTable, PaperPage } from './paper/page.js';
export { renderPaper } from './paper/render.js';
export { parseResults, ResultsError, type ResultsProblem } from './parse.js';
export { renderReport } from './report.js';
export { resultsJsonSchema, resultsSchema } from './schema.js';
