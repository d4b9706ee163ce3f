/** Shared with the command line and the reproductions. It changes without notice; other programs use the main entry. */
export { parseTime } from './config/budget.js';
export { type CheckedExperiment, checkExperiment } from './config/check.js';
export { benchChecked } from './experiment/bench.js';
export { clusterOf } from './experiment/cluster-of.js';
export type { JobStart } from './experiment/launch-jobs.js';
export type {
  BudgetLine,
  FieldSummary,
} from './experiment/plan-summary.js';
export { prepareExperiment } from './experiment/prepare.js';
export { SMALL_DIFFERENCE } from './experiment/resolution.js';
export { checkRunDirectory, readResults, requireResults } from './experiment/run-directory.js';
export { runJob } from './experiment/run-job.js';
export { formatConfigDocument } from './files/document.js';
export { type FoundRelease, findRelease, notStored } from './generate/find-release.js';
export { parametersOfSize } from './learning-rate/grid.js';
export { loadGrid } from './learning-rate/plan-grid.js';
export type { Finder } from './registry/finder.js';
export type { InstalledPackage } from './registry/installed.js';
export {
  type BrokenPackage,
  type Listed,
  type ListedPlugin,
  type ListedTrainer,
  listAll,
  listedLogger,
  listedPlugin,
  listedTrainer,
  namesOf,
} from './registry/listing.js';
export { KNOWN_LOGGERS, LoggerFinder } from './registry/loggers.js';
export { isPath, keywordOf, type Noun, nameInPackage } from './registry/naming.js';
export { type JsonSchema, UNKNOWN_OPTIONS } from './registry/options-schema.js';
export { KNOWN_PLUGINS, PluginFinder } from './registry/plugins.js';
export { KNOWN_TRAINERS, TrainerFinder } from './registry/trainers.js';
export { declaredData } from './scale/declared-data.js';
export type { ScalePlan } from './scale/plan-at-scale.js';
export { experimentSchema, type Offered } from './schema/experiment-schema.js';
