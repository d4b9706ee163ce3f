/**
 * Everything that other packages may use of the kernel. `api.ts` is for authors of plugins and trainers, and stable; the rest is for data
 * sources, command lines and reports, and changes with them.
 */
export * from './api.js';
export type { BillAmounts, BillRow } from './bill/bill.js';
export { type Estimate, estimateGraph, estimateStrategy } from './bill/costs.js';
export { type Failure, formatProblem } from './errors.js';
export { writeFileAtomic } from './files/durable.js';
export { type Operation, type OperationData, operationAsData, stepsOf } from './graph/operations.js';
export type { GraphNode, RunGraph, Segment } from './graph/run-graph.js';
export { segmentsOf } from './graph/segments-of.js';
export { canonicalJson, digestBytes, digestJson, parseStored } from './json.js';
export type * from './kernel/comparison.js';
export {
  createExperiment,
  Experiment,
  type ExperimentParts,
  type Outcome,
  type RunOptions,
} from './kernel/experiment.js';
export type * from './kernel/results.js';
export {
  type Accuracy,
  type TaskChoice,
  type TaskItem,
  type TaskPart,
  type TaskResult,
  type TaskSet,
  tokensOfTask,
} from './kernel/tasks.js';
export { type Budget, type Resource, showAmount } from './ledger/budget.js';
export { addCost, type Cost, type ExactCost, NO_COST, partOfCost, roundCost, sumCosts } from './ledger/cost.js';
export { DEFAULT_PRICES } from './ledger/default-prices.js';
export { costOfEntry, type EntryKind, type LedgerEntry, wrongInEntry } from './ledger/entry.js';
export { Ledger } from './ledger/ledger.js';
export {
  type DevicePrice,
  type DeviceRate,
  type PriceTable,
  priceTime,
  rateOf,
  type Sourced,
} from './ledger/prices.js';
export type { Lineage, PlannedPath, PlannedRelease, PlannedVersion, Point, Root } from './path/path.js';
export { expandSchedule, type RatePiece, rateAt, type ScheduleInput } from './path/rate-pieces.js';
export { type Check, checkStrategies, experimentInfo } from './plan/check.js';
export type { DataProvider, MaterializedOrder, OrderRequest } from './plan/data.js';
export {
  type ExperimentPlan,
  type PlanInput,
  planExperiment,
  type StrategyPlan,
  targetsOf,
} from './plan/experiment-plan.js';
export type { ExperimentSpec } from './plan/experiment-spec.js';
export { type PlannedState, type PlanRecord, readPlanRecords, type StateRole } from './plan/plan-record.js';
export type { Owned, Owner } from './plugin/merge.js';
export { optionNames } from './plugin/prepare.js';
export type { StrategySpec } from './plugin/strategy-spec.js';
export { philox4x32 } from './random.js';
export { CheckpointIndex, type KeptCheckpoint } from './run/checkpoint-index.js';
export { type CompileInput, compileOperations, type StoredCheckpoint } from './run/compile-operations.js';
export { type DiskForecast, type ForecastInput, forecastDisk } from './run/disk-forecast.js';
export { RunEmitter, type RunEvents, type WorkAhead } from './run/events.js';
export { type KeepReason, missingTargets, reasonsToKeep } from './run/reasons-to-keep.js';
export { type Field, FORK_FIELDS, STEP_FIELDS, VERSION_FIELDS } from './spec/fields.js';
export { CheckpointStore, type DamagedCheckpoint, type Manifest, type StoredFile } from './store/checkpoint-store.js';
export { type RunDirectory, withRunDirectory } from './store/run-directory.js';
export { didYouMean, nearest } from './suggest.js';
