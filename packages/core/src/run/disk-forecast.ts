/** How much disk the checkpoints of a run will take: the run is played through with sizes instead of states. */
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { CheckpointStore, Manifest } from '../store/checkpoint-store.js';
import { findWork, furthestInside, type Work } from './missing-work.js';
import { type KeptForOthers, unreferencedAround } from './retention.js';

/** Bytes of checkpoints. A run that is stopped and goes on, however often, keeps to them too. */
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
  /** Of other plans; nothing when there are none. */
  readonly kept?: KeptForOthers;
}

/** Float32 weights; moments are twice as much, where there are any. */
const BYTES_PER_PARAMETER = 4;

const NOTHING: KeptForOthers = { wanted: new Set(), needed: new Set() };

const EMPTY = { has: () => false, list: () => [], manifest: () => undefined };

export function forecastDisk(input: ForecastInput): DiskForecast {
  const kept = new DiskSimulation(input, false);
  const lean = new DiskSimulation(input, true);
  kept.run();
  lean.run();
  return { peak: kept.peak, least: lean.peak, end: kept.bytes, checkpoints: kept.count };
}

/** The size of a state that is not stored yet: like one of its kind that is, or weights, and moments but for an average. */
export function sizeOf(node: GraphNode, { store, parameters }: Pick<ForecastInput, 'store' | 'parameters'>): number {
  const alike = store?.list().find(({ kind }) => kind === node.kind);
  if (alike !== undefined) return bytesOf(alike);
  return parameters * BYTES_PER_PARAMETER * (node.kind === 'derived' ? 1 : 3);
}

export function bytesOf({ files }: Manifest): number {
  return Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
}

/** Plays the executor: depth first from the roots, each segment once. `lean`: what has no more use is deleted at once. */
class DiskSimulation {
  bytes = 0;
  peak = 0;
  readonly #sizes = new Map<Digest, number>();
  readonly #sizeOfKind = new Map<GraphNode['kind'], number>();
  readonly #targets: ReadonlySet<GraphNode>;
  readonly #store: NonNullable<ForecastInput['store']>;
  readonly #work: Work;
  readonly #kept: KeptForOthers;
  /** How much there is still to be made from a node. */
  readonly #uses = new Map<GraphNode, number>();
  /** Nodes without a use that were stored before. */
  readonly #old: readonly GraphNode[];
  /** Nodes that have no more use: those that go in any case, and those that go when the disk is short. */
  readonly #spent: GraphNode[] = [];
  readonly #spare: GraphNode[] = [];

  constructor(
    private readonly input: ForecastInput,
    private readonly lean: boolean,
  ) {
    const { graph, targets, store = EMPTY, kept = NOTHING } = input;
    this.#store = store;
    this.#kept = kept;
    this.#targets = new Set(targets);
    this.#work = findWork(targets, store, graph.basis.batch);
    for (const manifest of store.list()) {
      this.#sizes.set(manifest.key, bytesOf(manifest));
      this.bytes += bytesOf(manifest);
    }
    for (const user of this.#users()) {
      for (const node of this.#neededBy(user)) this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    }
    this.#old = graph.nodes().filter((node) => this.has(node.key) && !this.#uses.has(node) && !this.#targets.has(node));
    if (lean) this.#spare.push(...this.#old);
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
    for (const node of this.#old) {
      for (const { key } of unreferencedAround(this, node, this.#targets))
        if (!this.#kept.wanted.has(key)) this.#remove(key);
    }
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
    this.#trim();
  }

  /**
   * One state inside the segment stands for all that a run stores there, or leaves when it is stopped: each goes as soon as the
   * next one is written.
   */
  #train(segment: Segment): void {
    const resume = this.#work.train.get(segment);
    const inside = segment.steps - (resume?.steps ?? 0) > 1 ? [`inside ${segment.to.key}`] : [];
    let before = resume?.key;
    for (const key of [...inside, segment.to.key]) {
      this.#add(segment.to, key);
      if (before === undefined) this.#finish(segment);
      else this.#removeRolling(before);
      before = key;
    }
    this.#trim();
  }

  #add(node: GraphNode, key: Digest): void {
    const size = this.#sizeOf(node);
    this.#makeRoom(size);
    this.#sizes.set(key, size);
    this.bytes += size;
  }

  #makeRoom(size: number): void {
    if (this.lean) {
      this.#trim();
      for (const { key } of this.#spare.splice(0)) if (!this.#kept.needed.has(key)) this.#remove(key);
    }
    this.peak = Math.max(this.peak, this.bytes + size);
  }

  #trim(): void {
    for (const node of this.#spent.splice(0)) {
      if (!this.#kept.wanted.has(node.key)) this.#remove(node.key);
      else if (this.lean) this.#spare.push(node);
    }
  }

  #remove(key: Digest): void {
    this.bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }

  #removeRolling(key: Digest): void {
    const stored = this.#store.manifest(key);
    if (stored === undefined || (stored.rolling && !this.#kept.wanted.has(key))) this.#remove(key);
  }

  /** Everything that is made from other states: roots, and segments whose training does not go on from a state inside. */
  #users(): readonly (Segment | GraphNode)[] {
    const { train, make } = this.#work;
    return [...[...train].filter(([, resume]) => resume === undefined).map(([segment]) => segment), ...make];
  }

  #neededBy(user: Segment | GraphNode): readonly GraphNode[] {
    if (!('ranges' in user)) return user.sources.map(({ node }) => node);
    const { from } = user;
    // A root that is not stored itself is made anew whenever a segment begins there.
    const passing = from.incoming === undefined && !this.#work.make.has(from) && !this.#store.has(from.key);
    return [from, ...(passing ? from.sources.map(({ node }) => node) : [])];
  }

  #finish(user: Segment | GraphNode): void {
    for (const node of this.#neededBy(user)) {
      const left = this.#uses.get(node)! - 1;
      this.#uses.set(node, left);
      if (left > 0 || this.#targets.has(node)) continue;
      (onlyForAverages(node) ? this.#spent : this.#spare).push(node);
    }
  }

  #sizeOf(node: GraphNode): number {
    const known = this.#sizeOfKind.get(node.kind) ?? sizeOf(node, this.input);
    this.#sizeOfKind.set(node.kind, known);
    return known;
  }
}

/** True for a state that nobody could want to go on from: a part of an average on the way, or a root that is quickly made again. */
function onlyForAverages({ kind, incoming, outgoing, dependents }: GraphNode): boolean {
  if (dependents.some((dependent) => dependent.kind !== 'derived')) return false;
  return incoming === undefined ? kind !== 'derived' : outgoing.length === 1;
}
