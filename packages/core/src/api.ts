/**
 * The API for authors of plugins, trainers and loggers. `KERNEL_API` versions this surface, and [the compatibility
 * policy](compatibility.md) covers it. Everything else that `@branchline/core` exports is internal and may change.
 *
 * @packageDocumentation
 */
export { BranchlineError, type ErrorCode, type ErrorPlace, messageOf, type Problem } from './errors.js';
export type { Digest, JsonValue } from './json.js';
export {
  type DefinedLogger,
  defineLogger,
  type LogArtifact,
  type LogContext,
  type LogEnd,
  type LoggerDefinition,
  type LoggerUse,
  type LogPoint,
  type LogSink,
  type LogTrack,
} from './logging/logger.js';
export type {
  Charge,
  DeciderContext,
  EarlierFork,
  ForkContext,
  Logger,
  ObserveContext,
  ReactiveForkContext,
  ReleaseContext,
  SequenceLosses,
  StateSlot,
  StepContext,
  VersionContext,
} from './plugin/contexts.js';
export { definePlugin, type PluginFactory, type WrittenPlugin } from './plugin/define.js';
export type {
  DeciderName,
  ForkHook,
  ForkHooks,
  HookName,
  ObserverName,
  OptionRange,
  PluginDefinition,
  PluginDescription,
  PluginHooks,
  PluginUse,
  Returned,
} from './plugin/definition.js';
export type {
  Observers,
  PathPlace,
  ReleaseEvent,
  RunEndEvent,
  RunStartEvent,
  SegmentEvent,
  StepEvent,
  VersionEvent,
} from './plugin/events.js';
export type { Exact, NoSuchField } from './plugin/exact.js';
export type { LossRequest } from './plugin/loss-request.js';
export { KERNEL_API } from './plugin/prepare.js';
export { RandomStream } from './random.js';
export type { ExperimentInfo, ModelInfo, VersionInfo } from './spec/experiment-info.js';
export type {
  FieldName,
  ForkPart,
  ForkSpec,
  ReleasePart,
  StepPart,
  StepSpec,
  VersionPart,
  VersionSpec,
} from './spec/fields.js';
export {
  type Curve,
  constant,
  cosine,
  knee,
  linear,
  multiStep,
  type Stage,
  stableDecay,
  stagesAlong,
} from './spec/schedule.js';
export { type ScheduleOption, scheduleSchema, stagesOf } from './spec/schedule-option.js';
export type { CarrySpec, ForkCarrySpec, LearningRateSpec, ReleaseSpec } from './spec/spec.js';
export type {
  AveragePart,
  DataSpec,
  DistilSpec,
  DomainRanking,
  OrderBy,
  OrderScope,
  StartSpec,
  TeacherSpec,
} from './spec/values.js';
export { type DefinedTrainer, defineTrainer, type TrainerDefinition, type TrainerUse } from './trainer/define.js';
export type {
  CheckpointReader,
  CheckpointWriter,
  Decoding,
  EvaluationPart,
  EvaluationResult,
  EvaluationSet,
  GroupFactors,
  LanePlace,
  ModelDescription,
  ObjectivePart,
  OptimizerSpec,
  Passage,
  PredictedLosses,
  RestoreParts,
  SequenceSource,
  StartWeights,
  StepBatch,
  StepMetrics,
  StepObjective,
  TeacherWeights,
  Tensor,
  TensorGroup,
  TokenRange,
  Trainer,
  TrainerContext,
  TrainerFactory,
  TrainerInfo,
  TrainerState,
  ValidationSet,
  WeightedCheckpoint,
} from './trainer/trainer.js';
