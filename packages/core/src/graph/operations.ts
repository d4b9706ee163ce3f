/**
 * What a run does, as a list. Every operation names the state that it is about and the states that it reads, so that
 * dependencies are data. The executor runs the list; disk forecast, budget and the steps ahead fold over it.
 */
import type { Digest } from '../json.js';
import type { GraphNode, Segment } from './run-graph.js';

/** What all operations have. */
interface OperationOn {
  /** Key of the state that is made, saved, evaluated, released or deleted. */
  readonly key: Digest;
  /** Keys of the states that it reads: stored, or made by an operation before it. */
  readonly reads: readonly Digest[];
}

/** Makes the state of a root in memory: fresh weights, an average, or a state of which parts are reset. */
export interface MakeOperation extends OperationOn {
  readonly kind: 'make';
  readonly node: GraphNode;
}

/** Trains a part of a segment. It begins with the state `reads[0]`. */
export interface TrainOperation extends OperationOn {
  readonly kind: 'train';
  readonly segment: Segment;
  /** Steps of the segment: the first one trained, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** Stores the state that was made or trained last. */
export interface SaveOperation extends OperationOn {
  readonly kind: 'save';
  /** The node of the state, or the node at the end of its segment when it is rolling. */
  readonly node: GraphNode;
  /** A state inside a segment, stored only so that a run that is killed continues near it. */
  readonly rolling: boolean;
  /** Expected size. */
  readonly bytes: number;
}

/** Evaluates a release. */
export interface EvaluateOperation extends OperationOn {
  readonly kind: 'evaluate';
  readonly node: GraphNode;
  /** True when the state was stored before. */
  readonly reused: boolean;
}

/** Announces a release that was evaluated. */
export interface ReleaseOperation extends OperationOn {
  readonly kind: 'release';
  readonly node: GraphNode;
  readonly reused: boolean;
}

/** Deletes a checkpoint. */
export interface DeleteOperation extends OperationOn {
  readonly kind: 'delete';
  /**
   * `unreferenced`: no strategy can need it. `rolling`: a later state of its segment is stored. `evicted`: another
   * strategy or version could continue from it, but the disk limit leaves no room.
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

/** Steps that operations train, segment by segment, in the order of training. */
export function stepsBySegment(operations: readonly Operation[]): ReadonlyMap<Segment, number> {
  const steps = new Map<Segment, number>();
  for (const operation of operations) {
    if (operation.kind !== 'train') continue;
    const { segment, from, to } = operation;
    steps.set(segment, (steps.get(segment) ?? 0) + to - from);
  }
  return steps;
}

/** Steps that operations train in all. */
export function stepsOf(operations: readonly Operation[]): number {
  return operations.reduce(
    (sum, operation) => sum + (operation.kind === 'train' ? operation.to - operation.from : 0),
    0,
  );
}

/** An operation as plain data, without the graph: what a scheduler or a person needs to see. */
export interface OperationData extends OperationOn {
  readonly kind: Operation['kind'];
  /** Strategies that need it; absent for a deletion. */
  readonly strategies?: readonly string[];
  /** Steps since the weights were drawn, before and after training. */
  readonly steps?: readonly [from: number, to: number];
  /** Expected size of what is saved or deleted. */
  readonly bytes?: number;
  readonly rolling?: true;
  readonly why?: DeleteOperation['why'];
}

/** Leaves out the graph. */
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
