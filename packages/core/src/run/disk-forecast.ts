/** How much disk the checkpoints of a run will take: a sum over its operations. */
import type { Operation } from '../graph/operations.js';
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import type { CheckpointStore } from '../store/checkpoint-store.js';
import { bytesOf, compileOperations } from './compile-operations.js';
import type { KeptForOthers } from './retention.js';

/** Bytes of checkpoints. A run that is stopped and continued, however often, keeps to them too. */
export interface DiskForecast {
  /** Most that are stored at once when nothing is deleted that another strategy or version could continue from. */
  readonly peak: number;
  /** The same when those are deleted as soon as this experiment needs them no more: no smaller limit can be held. */
  readonly least: number;
  /** What stays at the end, without a limit. */
  readonly end: number;
  /** Checkpoints that stay at the end. */
  readonly checkpoints: number;
}

export interface ForecastInput {
  readonly graph: RunGraph;
  readonly targets: readonly GraphNode[];
  /** What is stored already; nothing when the run has not begun. */
  readonly store?: Pick<CheckpointStore, 'list'>;
  /** Of the model: sizes are known before the first checkpoint is written. */
  readonly parameters: number;
  /** What other plans need; nothing when there are none. */
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

/** A run may be stopped inside any segment, and leaves one state there. */
const stopOnce = ({ steps }: Segment, done: number, begin: number) => (done === begin ? done + 1 : steps);

/**
 * Most bytes at once, from the first save on, and what is stored at the end, when operations are carried out in order.
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
