/**
 * What authors of plugins and trainers build on. This is the surface that `KERNEL_API` versions, and that
 * [the compatibility policy](compatibility.md) is about; everything else that `@branchline/core` exports is the kernel's own affair.
 *
 * @packageDocumentation
 */
export { BranchlineError, type ErrorCode, type ErrorPlace, messageOf, type Problem } from './errors.js';
export type { Digest, JsonValue } from './json.js';
export { definePlugin, type PluginFactory } from './plugin/define.js';
export { KERNEL_API } from './plugin/prepare.js';
export type {
  Charge,
  DeciderName,
  ExperimentInfo,
  ForkContext,
  HookName,
  HookSignatures,
  Hooks,
  Logger,
  ObserverName,
  PluginDefinition,
  PluginServices,
  PluginUse,
  ReleaseEvent,
  SegmentEvent,
  SequenceLosses,
  StateSlot,
  StepContext,
  StepEvent,
  VersionContext,
  VersionEvent,
  VersionInfo,
} from './plugin/types.js';
export { RandomStream } from './random.js';
export { type Curve, constant, cosine, knee, linear, multiStep, type Stage, stableDecay } from './spec/schedule.js';
export type {
  AveragePart,
  CarrySpec,
  DataSpec,
  ForkCarrySpec,
  ForkPart,
  ForkSpec,
  LearningRateSpec,
  OrderBy,
  OrderScope,
  Part,
  ReleaseSpec,
  StartSpec,
  StepPart,
  StepSpec,
  VersionPart,
  VersionSpec,
} from './spec/spec.js';
export { type DefinedTrainer, defineTrainer, type TrainerDefinition, type TrainerUse } from './trainer/define.js';
export type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationPart,
  EvaluationResult,
  EvaluationSet,
  ModelDescription,
  OptimizerSpec,
  Passage,
  RestoreParts,
  SequenceSource,
  StepBatch,
  StepMetrics,
  Tensor,
  TensorGroup,
  Trainer,
  TrainerContext,
  TrainerFactory,
  TrainerInfo,
  TrainerState,
  WeightedCheckpoint,
} from './trainer/trainer.js';
