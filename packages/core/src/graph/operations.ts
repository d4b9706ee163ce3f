/**
 * The work of a run as a list of operations. Every operation names the state it produces or acts on, and the states it
 * reads, so that dependencies are data. The executor runs the list; disk forecast, budget and progress are computed
 * from it.
 */
import type { Digest } from '../json.js';
import type { GraphNode, Segment } from './run-graph.js';

/** Fields that all operations have. */
interface OperationOn {
  /** Key of the state that is made, saved, evaluated, released or deleted. */
  readonly key: Digest;
  /** Keys of the states it reads: stored ones, or made by an earlier operation. */
  readonly reads: readonly Digest[];
}

/** Makes the state of a root in memory: fresh weights, an average, or a state with parts reset. */
export interface MakeOperation extends OperationOn {
  readonly kind: 'make';
  readonly node: GraphNode;
}

/** Trains steps of a segment, starting from the state `reads[0]`; `reads[1]`, if there is one, is their teacher. */
export interface TrainOperation extends OperationOn {
  readonly kind: 'train';
  readonly segment: Segment;
  /** Index of the first step in the segment, and index after the last one. */
  readonly from: number;
  readonly to: number;
}

/** Stores the state that was made or trained last. */
export interface SaveOperation extends OperationOn {
  readonly kind: 'save';
  /** The node of the state; for a rolling state, the node at the end of its segment. */
  readonly node: GraphNode;
  /** A state inside a segment, stored only so that a killed run loses few steps. */
  readonly rolling: boolean;
  /** Expected bytes. */
  readonly bytes: number;
}

/** Evaluates a release. */
export interface EvaluateOperation extends OperationOn {
  readonly kind: 'evaluate';
  readonly node: GraphNode;
  /** True when the state was already stored when the run began. */
  readonly reused: boolean;
}

/** Announces an evaluated release. */
export interface ReleaseOperation extends OperationOn {
  readonly kind: 'release';
  readonly node: GraphNode;
  readonly reused: boolean;
}

/** Deletes a checkpoint. */
export interface DeleteOperation extends OperationOn {
  readonly kind: 'delete';
  /**
   * Why it is deleted.
   *
   * - `unreferenced`: no strategy can need it.
   * - `rolling`: a later state of its segment is stored.
   * - `evicted`: another strategy or version could continue from it, but the disk limit leaves no room.
   */
  readonly why: 'unreferenced' | 'rolling' | 'evicted';
  readonly bytes: number;
}

export type Operation =
  | MakeOperation
  | TrainOperation
  | SaveOperation
  | EvaluateOperation
  | ReleaseOperation
  | DeleteOperation;

/** Number of steps trained in each segment, in training order. */
export function stepsBySegment(operations: readonly Operation[]): ReadonlyMap<Segment, number> {
  const steps = new Map<Segment, number>();
  for (const operation of operations) {
    if (operation.kind !== 'train') continue;
    const { segment, from, to } = operation;
    steps.set(segment, (steps.get(segment) ?? 0) + to - from);
  }
  return steps;
}

/** The longest segment that is trained, to measure steps in: the first one in training order can have two. */
export function longestSegment(operations: readonly Operation[]): Segment | undefined {
  return [...stepsBySegment(operations).keys()].sort((a, b) => b.steps - a.steps)[0];
}

/** Total number of steps that operations train. */
export function stepsOf(operations: readonly Operation[]): number {
  return operations.reduce(
    (sum, operation) => sum + (operation.kind === 'train' ? operation.to - operation.from : 0),
    0,
  );
}

/** An operation as plain data, without graph objects, for schedulers and display. */
export interface OperationData extends OperationOn {
  readonly kind: Operation['kind'];
  /** Strategies that need it; absent for a deletion. */
  readonly strategies?: readonly string[];
  /** Steps since the weights were initialized, before and after training. */
  readonly steps?: readonly [from: number, to: number];
  /** Expected bytes saved or deleted. */
  readonly bytes?: number;
  readonly rolling?: true;
  readonly why?: DeleteOperation['why'];
}

/** Converts an operation to plain data. */
export function operationAsData(operation: Operation): OperationData {
  const { kind, key, reads } = operation;
  const data = { kind, key, reads };
  if (operation.kind === 'delete') return { ...data, bytes: operation.bytes, why: operation.why };
  if (operation.kind === 'train') {
    const { segment, from, to } = operation;
    const { position } = segment.from;
    return { ...data, strategies: [...segment.strategies], steps: [position + from, position + to] };
  }
  const strategies = [...operation.node.strategies];
  if (operation.kind !== 'save') return { ...data, strategies };
  return { ...data, strategies, bytes: operation.bytes, ...(operation.rolling && { rolling: true }) };
}
