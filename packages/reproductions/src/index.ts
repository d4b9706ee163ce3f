export * as curriculum from './curriculum/index.js';
export * as learningRate from './learning-rate/index.js';
export { PAPERS, type PaperName } from './names.js';
export {
  type Facts,
  type FollowUp,
  type PaperClaim,
  type PaperTable,
  type PlanFacts,
  pair,
  type Reproduction,
  type Size,
  type Text,
  withClaims,
  withNotes,
} from './paper/definition.js';
export type { PaperExperiment, PaperStrategy, PlanExperiment, TrainExperiment } from './paper/experiment.js';
export { costLossPoints, lossEstimate, pairedLosses } from './paper/figures.js';
export {
  cellsOf,
  countText,
  INTERVALS,
  reproductionMarkdown,
  type SectionContext,
  type Shown,
  whyText,
} from './paper/markdown.js';
export { pageOf } from './paper/page.js';
export { reasonOf } from './paper/reasons.js';
export { type Rendered, renderFiles, type Wanted } from './paper/render.js';
export { conclude, type Finished, planFacts, type Trained, trainAll, withOnly, withSeeds } from './paper/reproduce.js';
export { type PaperVerdict, verdictsOf } from './paper/verdicts.js';
export { type Places, paperOf } from './papers.js';
export * as pathSwitching from './path-switching/index.js';
export * as shiftingVersions from './shifting-versions/index.js';
