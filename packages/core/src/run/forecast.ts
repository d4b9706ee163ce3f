/** How much disk the checkpoints of a run will take: the run is played through with sizes instead of states. */
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointStore, Manifest } from '../store/checkpoint-store.js';
import { findWork } from './demand.js';
import { spareNodes, spentAround } from './retention.js';

/** Bytes of checkpoints. */
export interface DiskForecast {
  /** Most that lie on the disk at once when nothing is deleted that another strategy or version could continue from. */
  readonly peak: number;
  /** The same when those are deleted as soon as this experiment has no more use for them: no smaller limit can be held. */
  readonly least: number;
  /** What stays at the end, without a limit. */
  readonly end: number;
  /** Checkpoints that stay at the end. */
  readonly checkpoints: number;
}

export interface ForecastInput {
  readonly graph: RunGraph;
  readonly targets: readonly GraphNode[];
  /** What is there already; nothing when the run has not begun. */
  readonly store?: Pick<CheckpointStore, 'has' | 'list' | 'bytes'>;
  /** Of the model: sizes are known before the first checkpoint is written. */
  readonly parameters: number;
  readonly checkpointEvery: number;
}

/** Float32 weights; moments are twice as much, where there are any. */
const BYTES_PER_PARAMETER = 4;

export function forecastDisk(input: ForecastInput): DiskForecast {
  const kept = play(input, false);
  return { peak: kept.peak, least: play(input, true).peak, end: kept.bytes, checkpoints: kept.count };
}

/** The size of a state that is not stored yet: like one of its kind that is, or weights and moments. */
export function sizeOf(node: GraphNode, { store, parameters }: Pick<ForecastInput, 'store' | 'parameters'>): number {
  const alike = store?.list().find(({ kind }) => kind === node.kind);
  if (alike !== undefined) return bytesOf(alike);
  return parameters * BYTES_PER_PARAMETER * (node.kind === 'derived' ? 1 : 3);
}

export function bytesOf({ files }: Manifest): number {
  return Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
}

/** Plays the executor: depth first from the roots, each segment once. */
function play(input: ForecastInput, lean: boolean): { peak: number; bytes: number; count: number } {
  const { graph, store } = input;
  const targets = new Set(input.targets);
  const sizes = new Map<Digest, number>((store?.list() ?? []).map((manifest) => [manifest.key, bytesOf(manifest)]));
  const shelf = { has: (key: Digest) => sizes.has(key), list: () => [] };
  const { train, make } = findWork(input.targets, shelf, graph.basis.batch);
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let peak = bytes;
  const remove = (node: GraphNode) => {
    bytes -= sizes.get(node.key)!;
    sizes.delete(node.key);
  };
  const add = (node: GraphNode, beside: number) => {
    if (sizes.has(node.key)) return;
    if (lean) for (const spare of spareNodes(shelf, graph, targets)) remove(spare);
    const size = sizeOf(node, input);
    peak = Math.max(peak, bytes + beside + size);
    bytes += size;
    sizes.set(node.key, size);
  };
  const trainSegment = (segment: Segment) => {
    // While the end is written the last state inside the segment is still there.
    const inside = segment.steps > input.checkpointEvery ? sizeOf(segment.to, input) : 0;
    add(segment.to, inside);
    for (const spent of spentAround(shelf, segment.to, targets)) remove(spent);
  };
  const walk = (node: GraphNode): void => {
    for (const segment of node.outgoing) {
      if (train.has(segment)) trainSegment(segment);
      walk(segment.to);
    }
  };
  for (const root of graph.roots) {
    if (make.has(root)) {
      add(root, 0);
      for (const { node } of root.sources) for (const spent of spentAround(shelf, node, targets)) remove(spent);
    }
    walk(root);
  }
  return { peak, bytes, count: sizes.size };
}
