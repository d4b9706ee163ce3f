/**
 * For the other packages of Branchline: the command line, and the reproductions of papers. It changes with them, without
 * notice; programs of others use the main entry.
 */
export { type CheckedExperiment, checkExperiment, type Origin } from './config/check.js';
export { type CompareConfig, describeQuantity, readRule } from './config/compare.js';
export { KNOWN_PLUGINS } from './config/known-plugins.js';
export { type LoadedConfig, loadConfig } from './config/load.js';

export type { TrainerSettings } from './config/trainer.js';
export { benchChecked } from './experiment/bench.js';
export { checkInput } from './experiment/input.js';
export type {
  BudgetLine,
  FieldSummary,
} from './experiment/plan-summary.js';
export { type PreparedExperiment, prepareExperiment } from './experiment/prepare.js';
export { checkRunDirectory, readResults } from './experiment/run-directory.js';
export { experimentSchema } from './plugins/experiment-schema.js';
export { PluginFinder } from './plugins/finder.js';
export type { InstalledPackage } from './plugins/installed.js';
export { type BrokenPackage, type ListedPlugin, listedPlugin, listPlugins, namesOf } from './plugins/listing.js';
export { isPath, KEYWORD, pluginNameOf } from './plugins/naming.js';
export { type JsonSchema, UNTOLD } from './plugins/options-schema.js';
