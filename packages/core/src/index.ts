/**
 * All exports of the kernel for other packages. `api.ts` is the stable API for authors of plugins and trainers; the
 * rest is for data sources, command lines and reports, and may change.
 */
export * from './api.js';
export type { BillAmounts, BillRow } from './bill/bill.js';
export {
  type Estimate,
  ExperimentCosts,
  estimateGraph,
  estimateStrategy,
  type StrategyCost,
  trainedStates,
} from './bill/costs.js';
export { CLOCK, type Clock } from './clock.js';
export { type DependencyContainer, inject, injectable, token } from './di.js';
export { type Failure, formatProblem } from './errors.js';
export { setAside } from './files/damaged.js';
export { describeDiskError, diskError, isDiskFull, writingTo, writingToSync } from './files/disk-errors.js';
export { writeFileAtomic } from './files/durable.js';
export { homeFolder } from './files/home.js';
export { makeFolder, makeFolderSync } from './files/make-folder.js';
export { makersBehind } from './graph/node-provenance.js';
export { type Operation, type OperationData, operationAsData, stepsOf } from './graph/operations.js';
export { type GraphNode, keyInside, type RunGraph, rootOf, type Segment, stepsSinceRoot } from './graph/run-graph.js';
export type { SegmentPart } from './graph/segments-of.js';
export { segmentsOf } from './graph/segments-of.js';
export {
  jobFolder,
  jobFolders,
  jobName,
  jobPrefix,
  jobsOf,
  logOf,
  readBegin,
  readEnd,
  writeBegin,
  writeEnd,
} from './jobs/job-folder.js';
export type { JobLaunch, JobQueue, JobRequest, QueuedJob, Submitted } from './jobs/job-queue.js';
export { canonicalJson, digestBytes, digestJson, isDigest, parseStored } from './json.js';
export { Kernel, type KernelParts } from './kernel/kernel.js';
export { segmentsBehind } from './ledger/attribute.js';
export { type Budget, type Resource, showAmount } from './ledger/budget.js';
export { addCost, type Cost, type ExactCost, NO_COST, partOfCost, roundCost, sumCosts } from './ledger/cost.js';
export { costOfEntry, type EntryKind, type LedgerEntry, wrongInEntry } from './ledger/entry.js';
export { Ledger } from './ledger/ledger.js';
export { LedgerWriter, placeOf, type StatePlace } from './ledger/ledger-writer.js';
export {
  type DevicePrice,
  type DeviceRate,
  type PriceTable,
  priceTime,
  rateOf,
  type Sourced,
} from './ledger/prices.js';
export {
  abandonLocks,
  type DirectoryLock,
  type LockOptions,
  type LockSign,
  lockDirectory,
  lookAtLock,
} from './lock/lock.js';
export { isRunning, type ProcessOnMachine, thisProcess } from './lock/machine.js';
export { CONTENT_BYTES } from './path/order-contents.js';
export type { Lineage, PlannedPath, PlannedRelease, PlannedVersion, Point, Root } from './path/path.js';
export { positionOf } from './path/path.js';
export { otherProcessor, otherProcessorsIn, type Provenance } from './path/provenance.js';
export { expandSchedule, type RatePiece, rateAt, type ScheduleInput } from './path/rate-pieces.js';
export { dropSteps, takeSteps } from './path/step-ranges.js';
export { isPlainObject } from './plain-object.js';
export { type Check, checkStrategies, type DecidedStrategy, experimentInfo } from './plan/check.js';
export type { DataProvider, MaterializedOrder, OrderRequest, TokenizerInfo } from './plan/data.js';
export { allHeldOut, DATA } from './plan/data.js';
export {
  type ExperimentPlan,
  type OpenStrategy,
  PLAN,
  type PlanBasis,
  type PlanInput,
  planExperiment,
  releasesOf,
  type StrategyPlan,
  targetsOf,
} from './plan/experiment-plan.js';
export type { ExperimentSpec } from './plan/experiment-spec.js';
export { SPEC } from './plan/experiment-spec.js';
export { joinFailures } from './plan/join-failures.js';
export { namedCheckpoints } from './plan/objectives.js';
export { type PathUse, pathsOf, pathUses } from './plan/path-uses.js';
export {
  type PlannedState,
  type PlanRecord,
  type RecordedRange,
  readPlanRecords,
  type StateRole,
} from './plan/plan-record.js';
export { type PlanWarning, problemOf } from './plan/plan-warning.js';
export type { VersionContent } from './plan/version-content.js';
export type { Owned, Owner } from './plugin/merge.js';
export { optionNames } from './plugin/options.js';
export type { StrategySpec } from './plugin/strategy-spec.js';
export { philox4x32 } from './random.js';
export { CheckpointIndex, type KeptCheckpoint } from './run/checkpoint-index.js';
export { type CompileInput, compileOperations, type StoredCheckpoint } from './run/compile-operations.js';
export { type DiskForecast, type ForecastInput, forecastDisk } from './run/disk-forecast.js';
export { EVALUATORS, type EvaluationPlace, type EvaluationWork, type Evaluator } from './run/evaluator.js';
export { RunEmitter, type RunEvents, type WorkAhead } from './run/events.js';
export { lanesFor } from './run/makespan.js';
export { findMissingWork } from './run/missing-work.js';
export { type KeepReason, keptForOthers, missingTargets, reasonsToKeep } from './run/reasons-to-keep.js';
export { callTrainer, damagedText } from './run/run-errors.js';
export { RunFailures } from './run/run-failures.js';
export type { FinishedRun } from './run/run-loop.js';
export { RUN_OPTIONS, type RunOptions } from './run/run-options.js';
export { storedElsewhere } from './run/stored-elsewhere.js';
export {
  type Difference,
  type MissingRelease,
  type VersionChanges,
  versionChanges,
  whyMissing,
} from './run/why-missing.js';
export type { Field } from './spec/field-table.js';
export { FORK_FIELDS, STEP_FIELDS, VERSION_FIELDS } from './spec/fields.js';
export type { JsonSchema } from './spec/kinds.js';
export { OVERRIDABLE, type Overrides } from './spec/overrides.js';
export { CheckpointStore, type DamagedCheckpoint } from './store/checkpoint-store.js';
export type { EvaluationRecord } from './store/evaluations.js';
export type { Manifest, StoredFile } from './store/manifest.js';
export { RUN_DIRECTORY, type RunDirectory, withRunDirectory } from './store/run-directory.js';
export {
  decodeSafetensors,
  encodeSafetensors,
  encodeSafetensorsHeader,
  readSafetensorsHeader,
  type SafetensorsEntry,
} from './store/safetensors.js';
export { type ChunkRecord, ChunkStore } from './store/training-chunks.js';
export { didYouMean, nearest } from './suggest.js';
export { startingFrom } from './trainer/start-from.js';
export { type FindTeacher, MODEL, type TeacherCheckpoint, TRAINER } from './trainer/trainer.js';
