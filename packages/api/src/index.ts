/** Branchline as a library. Experiment files and the plugins next to them need only this import. */
export {
  type AveragePart,
  BranchlineError,
  constant,
  cosine,
  type DefinedTrainer,
  type DomainRanking,
  definePlugin,
  defineTrainer,
  type ErrorCode,
  type Failure,
  type ForkContext,
  type ForkPart,
  knee,
  linear,
  multiStep,
  type OptionRange,
  type OrderBy,
  type PluginDefinition,
  type PluginUse,
  type Problem,
  type ReleaseContext,
  type ReleasePart,
  type ScheduleOption,
  type Stage,
  type StepContext,
  type StepPart,
  scheduleSchema,
  stableDecay,
  stagesAlong,
  stagesOf,
  type Trainer,
  type TrainerContext,
  type TrainerDefinition,
  type TrainerUse,
  type VersionContext,
  type VersionPart,
} from '@branchline/core';
export { defineScorer, type Scorer, type ScorerDefinition } from '@branchline/data';
export type { Results } from '@branchline/evaluation';
export { csv, jsonl, mlflow, tensorboard, wandb } from '@branchline/logging';
export { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
export { curriculum } from '@branchline/plugin-curriculum';
export {
  fitLearningRate,
  LearningRateError,
  type LearningRateFit,
  learningRate,
  predictRate,
  rateRatio,
  TRANSFER_RULES,
  type TransferPoint,
  type TransferRuleName,
  type TransferSettings,
  transferSettings,
} from '@branchline/plugin-learning-rate';
export { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
export { pathSwitching } from '@branchline/plugin-path-switching';
export { olmoCore } from '@branchline/trainer-olmo-core/define';
export { type QuadraticOptions, quadratic } from '@branchline/trainer-quadratic';
export { type SimulatedOptions, simulated } from '@branchline/trainer-simulated';
/** From `define`: the main entry loads the numeric code. */
export { tfjs } from '@branchline/trainer-tfjs/define';
export { torch } from '@branchline/trainer-torch/define';
/** For the options schema of a plugin next to an experiment file. */
export { z } from 'zod';
export {
  defineExperiment,
  type ExperimentConfig,
  type ModelConfig,
  type Overrides,
  type PluginEntry,
  type StrategyConfig,
  type TrainingConfig,
} from './config/define.js';
export type { LogConfig, LoggerEntry } from './config/log.js';
export type { TrainerConfig } from './config/trainer.js';
export { type BenchOptions, bench, type Run, resume } from './experiment/bench.js';
export type { ExperimentEvent, ExperimentListener } from './experiment/events.js';
export {
  type ExperimentInput,
  type ExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
} from './experiment/input.js';
export { type PlanOptions, plan } from './experiment/plan.js';
export type { PlanSummary, StrategySummary } from './experiment/plan-summary.js';
export { type ReportOptions, report } from './experiment/report.js';
export type { StoredElsewhereWork, StoredWork } from './experiment/stored-work.js';
export type { ModuleGuard, ModuleLoading } from './files/module.js';
export type { Continuation, Ending, TextPiece } from './generate/continue-text.js';
export { type GenerateEvent, type GenerateOptions, generate, type TextRelease } from './generate/generate.js';
export type { GridCost, TrainingCost } from './learning-rate/cost.js';
export type { GridSize, RateGrid } from './learning-rate/grid.js';
export { planRateGrid, type RateGridOptions, type RateGridPlan } from './learning-rate/plan-grid.js';
export { type RateGridRun, type TrainGridOptions, trainRateGrid } from './learning-rate/train-grid.js';
export {
  type TransferExperimentOptions,
  type TransferredExperiment,
  type TransferredPoint,
  type TransferTarget,
  transferExperiment,
} from './learning-rate/transfer.js';
export {
  type FrontLoss,
  type FrontPoint,
  type PlannedComparison,
  POWER,
  type SeedsAndDeviation,
} from './optimize/comparisons.js';
export {
  type ConfirmingExperiment,
  type ConfirmOptions,
  candidatesToConfirm,
  confirmingExperiment,
  seedsFor,
} from './optimize/confirm.js';
export type { OptionValue } from './optimize/dimension.js';
export type { Candidate, LeftOut } from './optimize/evaluate.js';
export { type Optimization, type OptimizeOptions, optimize, USUAL_EVALUATIONS } from './optimize/optimize.js';
export type { LeftOutCandidates, SearchedStrategy, SearchPlan, SearchProgress } from './optimize/search.js';
export type { Vary } from './optimize/search-space.js';
export type { SettingOptions } from './optimize/setting.js';
export { SCALE_CONSTANTS, type SourcedConstant } from './scale/constants.js';
export { planAtScale, type ScaledStrategy, type ScalePlan } from './scale/plan-at-scale.js';
export { parseScale, type Scale } from './scale/scale.js';
export type { ScaledCost, ScaleOptions } from './scale/scaled-experiment.js';
