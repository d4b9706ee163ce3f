/** Divides a list of operations between the coordinator, which trains nothing, and jobs. */
import type { DeleteOperation, EvaluateOperation, Operation, ReleaseOperation } from '../graph/operations.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** A job that makes a state, or evaluates a stored one. */
export interface WantedJob {
  readonly node: GraphNode;
  /** Keys of the states that it reads. */
  readonly reads: ReadonlySet<Digest>;
  /** Steps that it trains. */
  readonly steps: number;
}

/** A list, divided. */
export interface DividedWork {
  /** What the coordinator can do now, in order. */
  readonly now: readonly (EvaluateOperation | ReleaseOperation | DeleteOperation)[];
  /** By the key of the state that the job makes; a job comes after those that make what it reads. */
  readonly jobs: ReadonlyMap<Digest, WantedJob>;
}

/**
 * Divides a list. A segment is one job, whatever checkpoints it stores on its way, and makes the root that it starts
 * from unless that is stored as well. A release is evaluated by the job that makes it. `isEvaluated` says for a stored
 * state whether its evaluations are. Checkpoints are deleted once the list begins with it: a later deletion can depend
 * on any job before it.
 */
export async function divideWork(
  operations: readonly Operation[],
  isEvaluated: (node: GraphNode) => Promise<boolean>,
): Promise<DividedWork> {
  const now: (EvaluateOperation | ReleaseOperation | DeleteOperation)[] = [];
  const jobs = new Map<Digest, { node: GraphNode; reads: Set<Digest>; steps: number }>();
  const evaluated = new Set<Digest>();
  const job = (node: GraphNode) => {
    const found = jobs.get(node.key) ?? { node, reads: new Set<Digest>(), steps: 0 };
    jobs.set(node.key, found);
    return found;
  };
  for (const [index, operation] of operations.entries()) {
    const { kind, key } = operation;
    if (kind === 'make') {
      const next = operations[index + 1];
      const of = job(next?.kind === 'train' ? next.segment.to : operation.node);
      for (const read of operation.reads) of.reads.add(read);
    } else if (kind === 'train') {
      const of = job(operation.segment.to);
      const before = operations[index - 1];
      const isMade = before?.kind === 'make' && before.key === operation.reads[0];
      // Later parts of the segment continue what the job itself stored.
      const [start, ...teachers] = operation.reads;
      if (of.steps === 0 && !isMade) of.reads.add(start!);
      for (const teacher of teachers) of.reads.add(teacher);
      of.steps += operation.to - operation.from;
    } else if (kind === 'evaluate' && !jobs.has(key)) {
      if (await isEvaluated(operation.node)) {
        now.push(operation);
        evaluated.add(key);
      } else job(operation.node).reads.add(key);
    } else if (kind === 'release' && evaluated.has(key)) now.push(operation);
    else if (kind === 'delete' && jobs.size === 0) now.push(operation);
  }
  return { now, jobs };
}
