/** How much disk the checkpoints of a run will take: the run is played through with sizes instead of states. */
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointStore, Manifest } from '../store/checkpoint-store.js';
import { findWork, furthestInside, type Work } from './demand.js';
import { spentAround } from './retention.js';

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
  readonly store?: Pick<CheckpointStore, 'has' | 'list' | 'manifest'>;
  /** Of the model: sizes are known before the first checkpoint is written. */
  readonly parameters: number;
  readonly checkpointEvery: number;
}

/** Float32 weights and two moments. */
const BYTES_PER_PARAMETER = 12;

const EMPTY = { has: () => false, list: () => [], manifest: () => undefined };

export function forecastDisk(input: ForecastInput): DiskForecast {
  const kept = new Play(input, false);
  const lean = new Play(input, true);
  kept.run();
  lean.run();
  return { peak: kept.peak, least: lean.peak, end: kept.bytes, checkpoints: kept.count };
}

/** The size of a state that is not stored yet: like one of its kind that is, or weights and moments. */
export function sizeOf(node: GraphNode, { store, parameters }: Pick<ForecastInput, 'store' | 'parameters'>): number {
  const alike = store?.list().find(({ kind }) => kind === node.kind);
  return alike === undefined ? parameters * BYTES_PER_PARAMETER : bytesOf(alike);
}

export function bytesOf({ files }: Manifest): number {
  return Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
}

/** Plays the executor: depth first from the roots, each segment once. `lean`: what has no more use is deleted at once. */
class Play {
  bytes = 0;
  peak = 0;
  readonly #sizes = new Map<Digest, number>();
  readonly #sizeOfKind = new Map<GraphNode['kind'], number>();
  readonly #targets: ReadonlySet<GraphNode>;
  readonly #store: NonNullable<ForecastInput['store']>;
  readonly #work: Work;
  /** How much there is still to be made from a node. */
  readonly #uses = new Map<GraphNode, number>();
  /** Stored nodes from which nothing is made any more. */
  #spare: GraphNode[] = [];

  constructor(
    private readonly input: ForecastInput,
    private readonly lean: boolean,
  ) {
    const { graph, targets, store = EMPTY } = input;
    this.#store = store;
    this.#targets = new Set(targets);
    this.#work = findWork(targets, store, graph.basis.batch);
    for (const manifest of store.list()) {
      this.#sizes.set(manifest.key, bytesOf(manifest));
      this.bytes += bytesOf(manifest);
    }
    for (const user of this.#users()) {
      for (const node of this.#neededBy(user)) this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    }
    this.#spare = graph
      .nodes()
      .filter((node) => this.has(node.key) && !this.#uses.has(node) && !this.#targets.has(node));
  }

  get count(): number {
    return this.#sizes.size;
  }

  has(key: Digest): boolean {
    return this.#sizes.has(key);
  }

  run(): void {
    const { graph } = this.input;
    this.#makeRoom(0);
    for (const root of graph.roots) {
      if (this.#work.make.has(root)) this.#make(root);
      this.#walk(root);
    }
    for (const node of graph.nodes()) this.#trim(node);
    for (const segment of graph.segments()) {
      for (const { key } of furthestInside(segment, this.#store, graph.basis.batch)) this.#removeRolling(key);
    }
  }

  #walk(node: GraphNode): void {
    for (const segment of node.outgoing) {
      if (this.#work.train.has(segment)) this.#train(segment);
      this.#walk(segment.to);
    }
  }

  #make(root: GraphNode): void {
    this.#add(root, root.key);
    this.#finish(root);
    for (const { node } of root.sources) this.#trim(node);
  }

  /** Of the states inside a segment at most two lie on the disk at once, so that the first two and the end tell everything. */
  #train(segment: Segment): void {
    const resume = this.#work.train.get(segment);
    const stretches = Math.ceil((segment.steps - (resume?.steps ?? 0)) / this.input.checkpointEvery);
    const inside = Array.from({ length: Math.min(2, stretches - 1) }, (_, index) => `${segment.to.key}/${index}`);
    let before = resume?.key;
    for (const key of [...inside, segment.to.key]) {
      this.#add(segment.to, key);
      if (before === undefined) this.#finish(segment);
      else if (inside.includes(before)) this.#remove(before);
      else this.#removeRolling(before);
      before = key;
    }
    this.#trim(segment.to);
  }

  #add(node: GraphNode, key: Digest): void {
    const size = this.#sizeOf(node);
    this.#makeRoom(size);
    this.#sizes.set(key, size);
    this.bytes += size;
  }

  #makeRoom(size: number): void {
    if (this.lean) for (const { key } of this.#spare.splice(0)) this.#remove(key);
    this.peak = Math.max(this.peak, this.bytes + size);
  }

  #remove(key: Digest): void {
    this.bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }

  #removeRolling(key: Digest): void {
    if (this.#store.manifest(key)?.rolling) this.#remove(key);
  }

  #trim(node: GraphNode): void {
    for (const { key } of spentAround(this, node, this.#targets)) this.#remove(key);
  }

  /** Everything that is made from other states: roots, and segments whose training does not go on from a state inside. */
  #users(): readonly (Segment | GraphNode)[] {
    const { train, make } = this.#work;
    return [...[...train].filter(([, resume]) => resume === undefined).map(([segment]) => segment), ...make];
  }

  #neededBy(user: Segment | GraphNode): readonly GraphNode[] {
    if (!('runs' in user)) return user.sources.map(({ node }) => node);
    const { from } = user;
    // A root that is not stored itself is made anew whenever a segment begins.
    const passing = from.incoming === undefined && !this.#work.make.has(from) && !this.#store.has(from.key);
    return [from, ...(passing ? from.sources.map(({ node }) => node) : [])];
  }

  #finish(user: Segment | GraphNode): void {
    for (const node of this.#neededBy(user)) {
      const left = this.#uses.get(node)! - 1;
      this.#uses.set(node, left);
      if (left === 0 && !this.#targets.has(node)) this.#spare.push(node);
    }
  }

  #sizeOf(node: GraphNode): number {
    const known = this.#sizeOfKind.get(node.kind) ?? sizeOf(node, this.input);
    this.#sizeOfKind.set(node.kind, known);
    return known;
  }
}
