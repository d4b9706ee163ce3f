/**
 * The run graph: the training that all strategies need, with common prefixes merged. States are nodes, segments are
 * edges. Nodes exist only where a state is needed (a release, a part of an average, the start of another path) and
 * where paths diverge.
 */
import { type Digest, digestJson } from '../json.js';
import { KeyChain } from '../path/key-chain.js';
import type { StepContents } from '../path/order-contents.js';
import type { Lineage, Point, Root } from '../path/path.js';
import { commonPrefix, countSteps, dropSteps, type StepRange, takeSteps } from '../path/step-ranges.js';

/** A state in the graph. */
export interface GraphNode {
  readonly kind: 'init' | 'step' | 'derived' | 'reset';
  /** Seed of the initial weights. Every state belongs to one seed, because the seed is part of the root key. */
  readonly seed: number;
  /** Key of the state. */
  readonly key: Digest;
  /** Steps since the weights were initialized. */
  readonly position: number;
  readonly chain: KeyChain;
  readonly root: GraphNode | undefined;
  /** How to make a root; undefined for other states. */
  readonly recipe: Root | undefined;
  /** States that a derived or reset root is made from. */
  readonly sources: readonly { readonly node: GraphNode; readonly weight: number }[];
  /** The segment that ends here; undefined for a root. */
  incoming: Segment | undefined;
  readonly outgoing: Segment[];
  /** Strategies, under this seed, that need this state or a state after it. */
  readonly strategies: Set<string>;
  /** Roots made from this state. */
  readonly dependents: GraphNode[];
  /** True when this state is needed itself, not only states after it. */
  demanded: boolean;
  /** True for the last trained state of a path that the next version can continue. */
  tip: boolean;
}

/** The root of a node's lineage; a root is its own. */
export const rootOf = (node: GraphNode): GraphNode => node.root ?? node;

/** Steps from its root to a node. */
export const stepsSinceRoot = (node: GraphNode): number => node.position - rootOf(node).position;

/** A run of steps between two nodes without a branch. */
export interface Segment {
  from: GraphNode;
  to: GraphNode;
  ranges: readonly StepRange[];
  steps: number;
  readonly strategies: Set<string>;
}

/** What is the same for all paths of an experiment. */
export interface GraphBasis extends StepContents {
  /** Digest of model, optimizer, batch and the trainer's numerics; part of every root key. */
  readonly digest: Digest;
}

/** Builds the graph from demanded points, strategy by strategy. */
export class RunGraph {
  readonly #roots = new Map<Digest, GraphNode>();
  /** Nodes by the recipe object they were requested with; many lineages share one. */
  readonly #known = new Map<Root, GraphNode>();

  constructor(readonly basis: GraphBasis) {}

  /**
   * Returns the node of a state, creating it if needed, and marks it and everything before it as needed by the
   * strategy.
   */
  demand(point: Point, strategy: string): GraphNode {
    const node = this.#locate(point);
    node.demanded = true;
    this.#mark(node, strategy);
    return node;
  }

  /**
   * Marks the last state of a path that is trained anyway, so that it is kept: when the next version arrives, its path
   * continues from there. Demands nothing.
   */
  markTip({ root, ranges }: Lineage): void {
    let node = this.#known.get(root);
    let rest = ranges;
    while (node !== undefined) {
      const { node: next, steps } = this.#follow(node, rest);
      if (steps === 0) break;
      node = next;
      rest = dropSteps(rest, steps, this.basis.batch);
    }
    if (node?.incoming !== undefined) node.tip = true;
  }

  /** The key of a state, without adding it to the graph. */
  keyOf(point: Point): Digest {
    const root = this.#root(point.lineage);
    if (point.steps === 0) return root.key;
    return root.chain.extendAll(takeSteps(point.lineage.ranges, point.steps, this.basis.batch)).key();
  }

  /** The node of a root; undefined if no state after it was demanded. */
  find(root: Root): GraphNode | undefined {
    return this.#known.get(root);
  }

  /** Roots in order of creation; each comes after the roots it is made from. */
  get roots(): readonly GraphNode[] {
    return [...this.#roots.values()];
  }

  /** All nodes, root by root; each node comes before the nodes after it. */
  nodes(): readonly GraphNode[] {
    const found: GraphNode[] = [];
    const visit = (node: GraphNode) => {
      found.push(node);
      for (const segment of node.outgoing) visit(segment.to);
    };
    for (const root of this.#roots.values()) visit(root);
    return found;
  }

  /** All segments; each comes after the segments that lead to it. */
  segments(): readonly Segment[] {
    return this.nodes().flatMap((node) => (node.incoming ? [node.incoming] : []));
  }

  #locate(point: Point): GraphNode {
    const root = this.#root(point.lineage);
    return point.steps === 0 ? root : this.#walk(root, takeSteps(point.lineage.ranges, point.steps, this.basis.batch));
  }

  #root({ root }: Lineage): GraphNode {
    const remembered = this.#known.get(root);
    if (remembered !== undefined) return remembered;
    const node = this.#makeRoot(root);
    this.#known.set(root, node);
    return node;
  }

  #makeRoot(root: Root): GraphNode {
    let sources: { node: GraphNode; weight: number }[] = [];
    let key: Digest;
    if (root.kind === 'init') key = digestJson({ basis: this.basis.digest, init: root.seed });
    else if (root.kind === 'derived') {
      sources = root.parts.map(({ point, weight }) => ({ node: this.#locate(point), weight }));
      key = digestJson({ derived: sources.map(({ node, weight }) => [node.key, weight]) });
    } else {
      sources = [{ node: this.#locate(root.of), weight: 1 }];
      const seed = root.weights ? null : root.seed;
      key = digestJson({ reset: sources[0]!.node.key, weights: root.weights, optimizer: root.optimizer, seed });
    }
    const known = this.#roots.get(key);
    if (known !== undefined) return known;
    const seed = root.kind === 'init' ? root.seed : sources[0]!.node.seed;
    const node: GraphNode = {
      ...bareNode(root.kind, seed, key, root.position, KeyChain.root(key, this.basis), undefined),
      recipe: root,
      sources,
    };
    for (const source of sources) {
      source.node.demanded = true;
      source.node.dependents.push(node);
    }
    this.#roots.set(key, node);
    return node;
  }

  /**
   * Follows ranges from a root as far as the graph has them, splits a segment where they diverge, and appends the rest.
   */
  #walk(root: GraphNode, ranges: readonly StepRange[]): GraphNode {
    let node = root;
    let rest = ranges;
    while (rest.length > 0) {
      const { node: next, steps } = this.#follow(node, rest);
      if (steps === 0) return this.#append(node, rest);
      node = next;
      rest = dropSteps(rest, steps, this.basis.batch);
    }
    return node;
  }

  /** Follows ranges from a node to the end of a segment, or to where they diverge inside one: there it is split. */
  #follow(node: GraphNode, ranges: readonly StepRange[]): { readonly node: GraphNode; readonly steps: number } {
    for (const segment of node.outgoing) {
      const steps = commonPrefix(segment.ranges, ranges, this.basis);
      if (steps > 0) return { node: steps === segment.steps ? segment.to : this.#cut(segment, steps), steps };
    }
    return { node, steps: 0 };
  }

  #append(from: GraphNode, ranges: readonly StepRange[]): GraphNode {
    const steps = countSteps(ranges);
    const chain = from.chain.extendAll(ranges);
    const to = bareNode('step', from.seed, chain.key(), from.position + steps, chain, rootOf(from));
    const segment: Segment = { from, to, ranges, steps, strategies: new Set() };
    from.outgoing.push(segment);
    to.incoming = segment;
    return to;
  }

  #cut(segment: Segment, steps: number): GraphNode {
    const { batch } = this.basis;
    const { from, to } = segment;
    const head = takeSteps(segment.ranges, steps, batch);
    const chain = from.chain.extendAll(head);
    const middle = bareNode('step', from.seed, chain.key(), from.position + steps, chain, rootOf(from));
    const tail: Segment = {
      from: middle,
      to,
      ranges: dropSteps(segment.ranges, steps, batch),
      steps: segment.steps - steps,
      strategies: new Set(segment.strategies),
    };
    segment.to = middle;
    segment.ranges = head;
    segment.steps = steps;
    middle.incoming = segment;
    middle.outgoing.push(tail);
    for (const strategy of tail.strategies) middle.strategies.add(strategy);
    to.incoming = tail;
    return middle;
  }

  #mark(node: GraphNode, strategy: string): void {
    for (let at: GraphNode | undefined = node; at !== undefined; at = at.incoming?.from) {
      if (at.strategies.has(strategy) && at !== node) break;
      at.strategies.add(strategy);
      at.incoming?.strategies.add(strategy);
      for (const source of at.sources) this.#mark(source.node, strategy);
    }
  }
}

function bareNode(
  kind: GraphNode['kind'],
  seed: number,
  key: Digest,
  position: number,
  chain: KeyChain,
  root: GraphNode | undefined,
): GraphNode {
  return {
    kind,
    seed,
    key,
    position,
    chain,
    root,
    recipe: undefined,
    sources: [],
    incoming: undefined,
    outgoing: [],
    strategies: new Set(),
    dependents: [],
    demanded: false,
    tip: false,
  };
}

/** The key of the state inside a segment after its first `steps` steps. */
export function keyInside(segment: Segment, steps: number, batch: number): Digest {
  return segment.from.chain.extendAll(takeSteps(segment.ranges, steps, batch)).key();
}
