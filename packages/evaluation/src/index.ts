/** Evaluation of releases and results of experiments. */
export { hasDiverged } from './assembly/diverged.js';
export {
  type ComparedExperimentSpec,
  createExperiment,
  Experiment,
  type ExperimentParts,
  type ExperimentRunOptions,
  type Outcome,
} from './experiment.js';
export { shortNames } from './presentation/short-names.js';
export { type Standing, standingOf } from './presentation/standing.js';
export { type VersionNames, versionNames } from './presentation/version-names.js';
export type * from './results/comparison.js';
export type { Judge } from './results/judge.js';
export type * from './results/results.js';
export type * from './results/task-results.js';
export type * from './results/transfer-result.js';
export type * from './results/validation-result.js';
export { groupsOf, type TaskChoice, type TaskItem, type TaskSet, tokensOfTask } from './tasks/tasks.js';
