/** The one import of an experiment file, and of a plugin that lives beside it. */
export {
  type AveragePart,
  constant,
  cosine,
  definePlugin,
  type ForkContext,
  type ForkPart,
  knee,
  linear,
  multiStep,
  type OrderBy,
  type PluginDefinition,
  type PluginUse,
  type ScheduleOption,
  type Stage,
  type StepContext,
  type StepPart,
  scheduleSchema,
  stableDecay,
  stagesOf,
  type VersionContext,
  type VersionPart,
} from '@branchline/core';
export { defineScorer, type Scorer, type ScorerDefinition } from '@branchline/data';
export { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
export { curriculum } from '@branchline/plugin-curriculum';
export { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
export { pathSwitching } from '@branchline/plugin-path-switching';
/** For the options of a plugin that lives beside an experiment. */
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
export { quadratic, type TrainerConfig } from './config/trainer.js';
