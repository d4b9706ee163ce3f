/**
 * The only rule for deleting checkpoints; also used to forecast disk space and to explain why checkpoints are kept.
 *
 * - A *required* state (release, capture, state to be measured) is never deleted.
 * - A *continuable* state (fork, start, end or tip of a path, teacher) is kept, so that another strategy or version can
 *   continue from it. It is evictable: when the disk limit leaves no room and no later operation reads it, it is
 *   deleted, lowest step first.
 * - A *temporary* state (part of an average inside a path, root that is cheap to make again) is deleted once it is
 *   unreferenced: the averages that it is part of are stored, and so is a later state of its path.
 * - A *rolling* state inside a segment is deleted once a later state of the segment is stored.
 */
import { token } from '../di.js';
import type { GraphNode, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** What the rule needs to know about a state. Nodes of run graphs and states of plan records both provide it. */
export interface StateUse {
  readonly kind: GraphNode['kind'];
  /** It must exist at the end. */
  readonly required: boolean;
  /** A path starts from it with parts reset, or learns from it. */
  readonly starts: boolean;
  /** The next version can continue from it. */
  readonly tip: boolean;
  /** Number of segments that start at it. */
  readonly continuations: number;
}

/** How long a state is kept. */
export type Retention = 'required' | 'continuable' | 'temporary';

/** The use of a node of a run graph. */
export function useOf({ kind, dependents, outgoing, tip, teaches }: GraphNode, required: boolean): StateUse {
  const starts = teaches || dependents.some((dependent) => dependent.kind !== 'derived');
  return { kind, required, starts, tip, continuations: outgoing.length };
}

export function retentionOf({ kind, required, starts, tip, continuations }: StateUse): Retention {
  if (required) return 'required';
  if (starts || tip || kind === 'derived') return 'continuable';
  // Fresh and reset roots are stored only as parts of averages, and are cheap to make again.
  return kind !== 'step' || continuations === 1 ? 'temporary' : 'continuable';
}

/** States that other plans of the same directory need, in addition to the own plan. */
export interface KeptForOthers {
  readonly wanted: ReadonlySet<Digest>;
  /**
   * The subset that is kept even when disk space is short: releases, captures, and states needed to make missing ones.
   */
  readonly needed: ReadonlySet<Digest>;
}

export const NOTHING_KEPT: KeptForOthers = { wanted: new Set(), needed: new Set() };

/** Looks up what other plans currently need. */
export const KEPT_FOR_OTHERS = token<() => KeptForOthers>('kept-for-others');

/** Tells which states are stored. */
interface Stored {
  has(key: Digest): boolean;
}

/** Applies the rule during a run; tracks which states later operations read. */
export class RetentionPolicy {
  readonly #required: ReadonlySet<GraphNode>;
  /** Number of later operations that read a node. */
  readonly #readers = new Map<GraphNode, number>();
  /** Stored nodes that no later operation reads. */
  readonly #evictable = new Set<GraphNode>();

  constructor(
    private readonly stored: Stored,
    targets: Iterable<GraphNode>,
    private readonly kept: KeptForOthers,
  ) {
    this.#required = new Set(targets);
  }

  /** Registers a later operation that reads nodes. */
  addReader(nodes: readonly GraphNode[]): void {
    for (const node of nodes) this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
  }

  /** Unregisters a reader of nodes: its result is stored. */
  removeReader(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      this.#readers.set(node, this.#readers.get(node)! - 1);
      this.consider(node);
    }
  }

  /** Makes a node evictable if the rule allows it. */
  consider(node: GraphNode): void {
    if (this.stored.has(node.key) && this.#mayEvict(node)) this.#evictable.add(node);
  }

  /** Stored states that can be evicted, lowest step first. */
  evictable(): readonly GraphNode[] {
    for (const node of this.#evictable) if (!this.stored.has(node.key)) this.#evictable.delete(node);
    return [...this.#evictable].sort((a, b) => a.position - b.position);
  }

  /** Nodes that may have become unreferenced when `node` was stored: itself, and the nearest stored node before it. */
  affectedBy(node: GraphNode): readonly GraphNode[] {
    let before = node.incoming?.from;
    // Nodes before another stored state were handled when that state was stored.
    while (before !== undefined && !this.stored.has(before.key)) before = before.incoming?.from;
    return before === undefined ? [node] : [node, before];
  }

  /** True for a stored node that no plan can need. */
  isUnreferenced(node: GraphNode): boolean {
    if (this.kept.wanted.has(node.key) || this.#isRead(node)) return false;
    if (retentionOf(useOf(node, this.#required.has(node))) !== 'temporary') return false;
    const { kind, dependents, outgoing } = node;
    if (!dependents.every(({ key }) => this.stored.has(key))) return false;
    return kind !== 'step' || this.#passed(outgoing[0]!.to);
  }

  /** True for a rolling state that can be deleted once a later state of its segment is stored. */
  mayDeleteRolling(key: Digest): boolean {
    return !this.kept.wanted.has(key);
  }

  /** True when no state inside a segment is needed to make its end. */
  isPassed(segment: Segment): boolean {
    return this.#passed(segment.to);
  }

  #mayEvict(node: GraphNode): boolean {
    return !this.#required.has(node) && !this.#isRead(node) && !this.kept.needed.has(node.key);
  }

  #isRead(node: GraphNode): boolean {
    return (this.#readers.get(node) ?? 0) > 0;
  }

  /** True when a node, or a later one on the only path through it, is stored. */
  #passed(node: GraphNode): boolean {
    for (let at = node; ; at = at.outgoing[0]!.to) {
      if (this.stored.has(at.key)) return true;
      if (at.outgoing.length !== 1) return false;
    }
  }
}
