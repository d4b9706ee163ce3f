/**
 * The one rule of what may be deleted. Everything that deletes checkpoints, forecasts their size or explains why they
 * stay asks here.
 *
 * - A *required* state (release, capture, state to be measured) always stays.
 * - A *continuable* state (fork, start or end of a path) stays, so that one more strategy or version can continue from
 *   it. It is evictable: when the disk limit leaves no room and no operation ahead reads it, it is deleted, the
 *   earliest first.
 * - A *temporary* state (part of an average inside a path, root that is quickly made again) is deleted when it is
 *   unreferenced: the averages are stored that it is part of, and so is a later state of its path.
 * - A *rolling* state inside a segment is deleted when a later state of the segment is stored.
 */
import { token } from '../di.js';
import type { GraphNode, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** What the rule must know of a state; a node of a run graph and a state of a plan record both give it. */
export interface StateUse {
  readonly kind: GraphNode['kind'];
  /** It must exist at the end. */
  readonly required: boolean;
  /** A path starts from it with parts of it reset. */
  readonly starts: boolean;
  /** Segments that begin with it. */
  readonly continuations: number;
}

/** How long a state stays. */
export type Retention = 'required' | 'continuable' | 'temporary';

/** The use of a node of a run graph. */
export function useOf({ kind, dependents, outgoing }: GraphNode, required: boolean): StateUse {
  const starts = dependents.some((dependent) => dependent.kind !== 'derived');
  return { kind, required, starts, continuations: outgoing.length };
}

export function retentionOf({ kind, required, starts, continuations }: StateUse): Retention {
  if (required) return 'required';
  if (starts || kind === 'derived') return 'continuable';
  // Fresh and reset roots are stored only to be averaged, and are quickly made again.
  return kind !== 'step' || continuations === 1 ? 'temporary' : 'continuable';
}

/** What other plans of the same directory need: a run keeps it, whatever its own plan says. */
export interface KeptForOthers {
  readonly wanted: ReadonlySet<Digest>;
  /**
   * Of those: releases, captures, and what is needed to make those that are missing. They stay also when the disk is
   * short.
   */
  readonly needed: ReadonlySet<Digest>;
}

export const NOTHING_KEPT: KeptForOthers = { wanted: new Set(), needed: new Set() };

/** Looks up what other plans need now. */
export const KEPT_FOR_OTHERS = token<() => KeptForOthers>('kept-for-others');

/** Which states are stored. */
interface Stored {
  has(key: Digest): boolean;
}

/** Applies the rule while a run proceeds: knows what operations ahead still read. */
export class RetentionPolicy {
  readonly #required: ReadonlySet<GraphNode>;
  /** Operations ahead that read a node. */
  readonly #readers = new Map<GraphNode, number>();
  /** Stored nodes that no operation ahead reads. */
  readonly #evictable = new Set<GraphNode>();

  constructor(
    private readonly stored: Stored,
    targets: Iterable<GraphNode>,
    private readonly kept: KeptForOthers,
  ) {
    this.#required = new Set(targets);
  }

  /** Notes that something ahead reads nodes. */
  addReader(nodes: readonly GraphNode[]): void {
    for (const node of nodes) this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
  }

  /** Notes that a reader of nodes needs them no more: what it makes is stored. */
  removeReader(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      this.#readers.set(node, this.#readers.get(node)! - 1);
      this.consider(node);
    }
  }

  /** Notes that a node may be evictable now. */
  consider(node: GraphNode): void {
    if (this.stored.has(node.key) && this.#mayEvict(node)) this.#evictable.add(node);
  }

  /** Stored states that can be evicted, the earliest first. */
  evictable(): readonly GraphNode[] {
    for (const node of this.#evictable) if (!this.stored.has(node.key)) this.#evictable.delete(node);
    return [...this.#evictable].sort((a, b) => a.position - b.position);
  }

  /** Nodes that may be unreferenced now that `node` was stored: itself, and the nearest stored one before it. */
  affectedBy(node: GraphNode): readonly GraphNode[] {
    let before = node.incoming?.from;
    // What lies before another stored state was passed when that one was stored.
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
