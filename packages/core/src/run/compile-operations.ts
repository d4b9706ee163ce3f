/**
 * Compiles a run graph into the list of operations that makes missing states. Depth first, so that few checkpoints
 * exist at the same time.
 */
import type { Operation } from '../graph/operations.js';
import { type GraphNode, keyInside, type RunGraph, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { bytesOf, type Manifest } from '../store/manifest.js';
import { CheckpointIndex } from './checkpoint-index.js';
import { findMissingWork, type MissingWork, storedInside } from './missing-work.js';
import { type KeptForOthers, NOTHING_KEPT, RetentionPolicy } from './retention.js';

/** The parts of a manifest that compilation needs. */
export type StoredCheckpoint = Pick<Manifest, 'key' | 'root' | 'steps' | 'kind' | 'files' | 'rolling'>;

export interface CompileInput {
  readonly graph: RunGraph;
  /** States that must exist at the end. */
  readonly targets: readonly GraphNode[];
  /** Targets that are evaluated and announced; default none. */
  readonly releases?: Iterable<GraphNode>;
  /** Stored checkpoints; default none. */
  readonly stored?: readonly StoredCheckpoint[];
  /** States that other plans need; default none. */
  readonly kept?: KeptForOthers;
  /**
   * The step of a segment at which the next checkpoint is stored, after step `done`; training resumed at step `begin`.
   */
  readonly nextCheckpoint: (segment: Segment, done: number, begin: number) => number;
  /** Parameters of the model, to estimate sizes before the first checkpoint is written. */
  readonly parameters: number;
  /**
   * Limit on the bytes of checkpoints; default unlimited. With 0, every state is deleted as soon as no later operation
   * reads it.
   */
  readonly diskLimit?: number;
  /**
   * Roots and ends of segments that could not be made. They are not tried again, and the states they are made from are
   * kept.
   */
  readonly failed?: ReadonlySet<Digest>;
  /** Releases already evaluated in this run. */
  readonly evaluated?: ReadonlySet<Digest>;
}

/** Bytes of float32 weights; optimizer moments, if stored, take twice as much. */
const BYTES_PER_PARAMETER = 4;

/**
 * Lists all remaining operations in order. Pure: equal inputs give equal lists. After all operations are carried out,
 * compiling again gives an empty list. Every state that an operation reads is stored or made by an earlier operation.
 */
export function compileOperations(input: CompileInput): readonly Operation[] {
  return new Compiler(input).compile();
}

class Compiler {
  readonly #operations: Operation[] = [];
  /** Bytes of every checkpoint stored at this point of the list. */
  readonly #sizes: Map<Digest, number>;
  #bytes = 0;
  readonly #sizeOfKind = new Map<GraphNode['kind'], number>();
  readonly #before: CheckpointIndex<StoredCheckpoint>;
  readonly #rolling: Set<Digest>;
  readonly #work: MissingWork;
  readonly #policy: RetentionPolicy;
  readonly #releases: ReadonlySet<GraphNode>;
  /** The state in memory at this point of the list. */
  #inMemory: Digest | undefined;
  /** Roots and segments that were made. */
  readonly #done = new Set<GraphNode | Segment>();
  /** Whether a segment waits for its teacher. */
  #waits = false;

  constructor(private readonly input: CompileInput) {
    const { graph, targets, releases = [], stored = [], kept = NOTHING_KEPT } = input;
    this.#before = new CheckpointIndex(stored);
    this.#work = findMissingWork(targets, this.#before, graph.basis.batch);
    this.#sizes = new Map(stored.map((manifest) => [manifest.key, bytesOf(manifest)]));
    for (const size of this.#sizes.values()) this.#bytes += size;
    for (const manifest of stored) this.#sizeOfKind.set(manifest.kind, bytesOf(manifest));
    this.#rolling = new Set(stored.filter(({ rolling }) => rolling).map(({ key }) => key));
    this.#releases = new Set(releases);
    this.#policy = new RetentionPolicy(this.#sizes, targets, kept);
    for (const [segment, resume] of this.#work.train) {
      if (resume === undefined) this.#policy.addReader(this.#readBy(segment));
      if (segment.teacher !== undefined) this.#policy.addReader([segment.teacher]);
    }
    for (const root of this.#work.make) this.#policy.addReader(sourcesOf(root));
    for (const node of graph.nodes()) this.#policy.consider(node);
  }

  compile(): readonly Operation[] {
    const { graph, targets } = this.input;
    for (const node of targets) if (this.#sizes.has(node.key)) this.#evaluate(node, true);
    this.#makeRoom(0);
    // A segment can wait for a teacher that a later part of the walk makes; then another walk trains it.
    let done = -1;
    while (done < this.#done.size) {
      done = this.#done.size;
      this.#waits = false;
      // Roots are ordered: each comes after the roots it is made from.
      for (const root of graph.roots) {
        if (this.#work.make.has(root) && !this.#done.has(root) && this.#canMake(root)) this.#makeAndSave(root);
        this.#walk(root);
      }
      if (!this.#waits) break;
    }
    this.#collectGarbage();
    return this.#operations;
  }

  #walk(node: GraphNode): void {
    for (const segment of node.outgoing) {
      if (this.#work.train.has(segment) && this.#canTrain(segment)) this.#train(segment);
      this.#walk(segment.to);
    }
  }

  #canMake(root: GraphNode): boolean {
    return !this.input.failed?.has(root.key) && root.sources.every(({ node }) => this.#sizes.has(node.key));
  }

  #canTrain(segment: Segment): boolean {
    if (this.#done.has(segment) || this.input.failed?.has(segment.to.key)) return false;
    const { from, teacher } = segment;
    if (teacher !== undefined && !this.#sizes.has(teacher.key)) {
      this.#waits = true;
      return false;
    }
    if (this.#work.train.get(segment) !== undefined || this.#sizes.has(from.key)) return true;
    return from.incoming === undefined && !this.#work.make.has(from) && this.#canMake(from);
  }

  #makeAndSave(root: GraphNode): void {
    this.#done.add(root);
    this.#makeRoom(this.#sizeOf(root));
    this.#make(root);
    this.#save(root, root.key, false);
    this.#policy.removeReader(sourcesOf(root));
    this.#evaluate(root, false);
    for (const node of sourcesOf(root)) this.#deleteUnreferenced(node);
  }

  #make(root: GraphNode): void {
    const reads = root.sources.map(({ node }) => node.key);
    this.#operations.push({ kind: 'make', key: root.key, reads, node: root });
    this.#inMemory = root.key;
  }

  #train(segment: Segment): void {
    this.#done.add(segment);
    const { from, to: end, steps, teacher } = segment;
    const { batch } = this.input.graph.basis;
    const resume = this.#work.train.get(segment);
    const begin = resume?.steps ?? 0;
    let key = resume?.key ?? from.key;
    // Leftovers of a run that was killed after storing a checkpoint, before deleting the previous one.
    for (const earlier of storedInside(segment, this.#before, batch).slice(1)) this.#deleteRolling(earlier.key);
    for (let done = begin; done < steps; ) {
      const to = this.input.nextCheckpoint(segment, done, begin);
      const next = to === steps ? end.key : keyInside(segment, to, batch);
      // Before training, so that there is room for the state whenever training is interrupted.
      this.#makeRoom(this.#sizeOf(end));
      if (done === 0 && !this.#sizes.has(key) && this.#inMemory !== key) this.#make(from);
      const reads = teacher === undefined ? [key] : [key, teacher.key];
      this.#operations.push({ kind: 'train', key: next, reads, segment, from: done, to });
      this.#inMemory = next;
      this.#save(end, next, to < steps);
      if (done === begin && resume === undefined) this.#policy.removeReader(this.#readBy(segment));
      if (done > 0) this.#deleteRolling(key);
      key = next;
      done = to;
    }
    if (teacher !== undefined) this.#policy.removeReader([teacher]);
    this.#evaluate(end, false);
    for (const node of this.#policy.affectedBy(end)) this.#deleteUnreferenced(node);
  }

  #save(node: GraphNode, key: Digest, rolling: boolean): void {
    const bytes = this.#sizeOf(node);
    this.#sizes.set(key, bytes);
    this.#bytes += bytes;
    this.#operations.push({ kind: 'save', key, reads: [key], node, rolling, bytes });
    if (rolling) this.#rolling.add(key);
    else this.#policy.consider(node);
  }

  #evaluate(node: GraphNode, reused: boolean): void {
    const { key } = node;
    if (!this.#releases.has(node) || this.input.evaluated?.has(key)) return;
    this.#operations.push({ kind: 'evaluate', key, reads: [key], node, reused });
    this.#operations.push({ kind: 'release', key, reads: [], node, reused });
  }

  /** Evicts states until `size` more bytes fit under the limit, or nothing evictable is left. */
  #makeRoom(size: number): void {
    const { diskLimit = Number.POSITIVE_INFINITY } = this.input;
    if (this.#bytes + size <= diskLimit) return;
    for (const { key } of this.#policy.evictable()) {
      this.#delete(key, 'evicted');
      if (this.#bytes + size <= diskLimit) return;
    }
  }

  #deleteUnreferenced(node: GraphNode): void {
    if (this.#sizes.has(node.key) && this.#policy.isUnreferenced(node)) this.#delete(node.key, 'unreferenced');
  }

  #deleteRolling(key: Digest): void {
    const mayDelete = this.#sizes.has(key) && this.#rolling.has(key) && this.#policy.mayDeleteRolling(key);
    if (mayDelete) this.#delete(key, 'rolling');
  }

  #delete(key: Digest, why: 'unreferenced' | 'rolling' | 'evicted'): void {
    const bytes = this.#sizes.get(key)!;
    this.#sizes.delete(key);
    this.#bytes -= bytes;
    this.#operations.push({ kind: 'delete', key, reads: [], why, bytes });
  }

  /** Deletes leftovers of earlier runs: unreferenced states, and rolling states inside complete segments. */
  #collectGarbage(): void {
    const { graph } = this.input;
    for (const node of graph.nodes()) this.#deleteUnreferenced(node);
    for (const segment of graph.segments()) {
      if (!this.#policy.isPassed(segment)) continue;
      for (const { key } of storedInside(segment, this.#before, graph.basis.batch)) this.#deleteRolling(key);
    }
  }

  /** Nodes read by training a segment from its start. */
  #readBy({ from }: Segment): readonly GraphNode[] {
    // A root that is not stored is made again whenever a segment starts from it.
    const remade = from.incoming === undefined && !this.#work.make.has(from) && !this.#before.has(from.key);
    return remade ? [from, ...sourcesOf(from)] : [from];
  }

  /**
   * Expected bytes: those of a stored state of the same kind; otherwise weights, plus moments unless it is an average.
   */
  #sizeOf({ kind }: GraphNode): number {
    return this.#sizeOfKind.get(kind) ?? this.input.parameters * BYTES_PER_PARAMETER * (kind === 'derived' ? 1 : 3);
  }
}

const sourcesOf = (root: GraphNode): readonly GraphNode[] => root.sources.map(({ node }) => node);
