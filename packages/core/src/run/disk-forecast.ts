/** Forecasts the disk space of a run's checkpoints from its operations. */
import type { Operation } from '../graph/operations.js';
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { bytesOf } from '../store/manifest.js';
import { compileOperations } from './compile-operations.js';
import type { KeptForOthers } from './retention.js';

/** Bytes of checkpoints. Also holds for runs that are stopped and resumed any number of times. */
export interface DiskForecast {
  /** Peak when only unreferenced and rolling states are deleted. */
  readonly peak: number;
  /**
   * Peak when continuable states are deleted as soon as this experiment no longer needs them: the smallest possible
   * limit.
   */
  readonly least: number;
  /** Bytes stored at the end, without a limit. */
  readonly end: number;
  /** Number of checkpoints stored at the end. */
  readonly checkpoints: number;
}

export interface ForecastInput {
  readonly graph: RunGraph;
  readonly targets: readonly GraphNode[];
  /** Stored checkpoints; absent when the run has not begun. */
  readonly store?: Pick<CheckpointStore, 'list'>;
  /** Parameters of the model, to estimate sizes before the first checkpoint is written. */
  readonly parameters: number;
  /** States that other plans need; default none. */
  readonly kept?: KeptForOthers;
}

export function forecastDisk({ store, ...input }: ForecastInput): DiskForecast {
  const stored = store?.list() ?? [];
  const start = { bytes: stored.reduce((sum, manifest) => sum + bytesOf(manifest), 0), checkpoints: stored.length };
  const operations = (diskLimit?: number) =>
    compileOperations({ ...input, stored, diskLimit, nextCheckpoint: stopOnce });
  const all = diskUse(start, operations());
  const { peak: least } = diskUse(start, operations(0));
  return { peak: Math.max(start.bytes, all.peak), least, end: all.bytes, checkpoints: all.checkpoints };
}

/** A run can be stopped inside any segment, leaving one rolling state there. */
const stopOnce = ({ steps }: Segment, done: number, begin: number) => (done === begin ? done + 1 : steps);

/**
 * Peak bytes from the first save on, and bytes and checkpoints at the end, when operations are carried out in order.
 */
export function diskUse(
  { bytes, checkpoints }: { readonly bytes: number; readonly checkpoints: number },
  operations: readonly Operation[],
): { readonly peak: number; readonly bytes: number; readonly checkpoints: number } {
  let peak = 0;
  for (const operation of operations) {
    if (operation.kind === 'save') {
      bytes += operation.bytes;
      checkpoints++;
      peak = Math.max(peak, bytes);
    } else if (operation.kind === 'delete') {
      bytes -= operation.bytes;
      checkpoints--;
    }
  }
  return { peak: Math.max(peak, bytes), bytes, checkpoints };
}
