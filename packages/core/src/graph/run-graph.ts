/**
 * The run graph: what all strategies need, with equal beginnings merged. States are nodes, segments are edges; a node
 * is made only where something happens: a demand (release, part of an average, start of another path) or a divergence.
 */
import { type Digest, digestJson } from '../json.js';
import { KeyChain } from '../path/key-chain.js';
import type { Lineage, Point, Root } from '../path/path.js';
import { commonPrefix, countSteps, dropSteps, type StepRange, takeSteps } from '../path/step-ranges.js';

/** A state in the graph. */
export interface GraphNode {
  readonly kind: 'init' | 'step' | 'derived' | 'reset';
  /** Of the weights it began with. A state belongs to one seed, because the key of fresh weights holds it. */
  readonly seed: number;
  /** Key of the state. */
  readonly key: Digest;
  /** Steps since the weights were drawn. */
  readonly position: number;
  readonly chain: KeyChain;
  readonly root: GraphNode | undefined;
  /** The recipe of a root. */
  readonly recipe: Root | undefined;
  /** States a derived or reset root is made from. */
  readonly sources: readonly { readonly node: GraphNode; readonly weight: number }[];
  /** The segment that ends here. */
  incoming: Segment | undefined;
  readonly outgoing: Segment[];
  /** Strategies that need this state or something behind it, under its seed. */
  readonly strategies: Set<string>;
  /** Roots that are made from this state. */
  readonly dependents: GraphNode[];
  /** True when somebody needs this very state, and not only what comes after it. */
  demanded: boolean;
}

/** An unbroken stretch of steps between two nodes. */
export interface Segment {
  from: GraphNode;
  to: GraphNode;
  ranges: readonly StepRange[];
  steps: number;
  readonly strategies: Set<string>;
}

/** What the root keys are made of beside the seed: everything that is the same for all paths of an experiment. */
export interface GraphBasis {
  /** Of model, optimizer, batch, corpus and the trainer's numerics. */
  readonly digest: Digest;
  /** Sequences per step. */
  readonly batch: number;
}

/** Builds the graph by demanding points, strategy by strategy. */
export class RunGraph {
  readonly #roots = new Map<Digest, GraphNode>();
  /** By the recipe they were asked with: many lineages share one. */
  readonly #known = new Map<Root, GraphNode>();

  constructor(readonly basis: GraphBasis) {}

  /** The node of a state, made if it is new, and marked as needed by a strategy together with all that leads to it. */
  demand(point: Point, strategy: string): GraphNode {
    const node = this.#locate(point);
    node.demanded = true;
    this.#mark(node, strategy);
    return node;
  }

  /** The key of a state, whether or not somebody needs it. */
  keyOf(point: Point): Digest {
    const root = this.#root(point.lineage);
    if (point.steps === 0) return root.key;
    return root.chain.extendAll(takeSteps(point.lineage.ranges, point.steps, this.basis.batch)).key();
  }

  /** The node of a root, if somebody demanded something behind it. */
  find(root: Root): GraphNode | undefined {
    return this.#known.get(root);
  }

  /** Roots in the order of their making. */
  get roots(): readonly GraphNode[] {
    return [...this.#roots.values()];
  }

  /** All nodes, root by root, each before what comes after it. */
  nodes(): readonly GraphNode[] {
    const found: GraphNode[] = [];
    const visit = (node: GraphNode) => {
      found.push(node);
      for (const segment of node.outgoing) visit(segment.to);
    };
    for (const root of this.#roots.values()) visit(root);
    return found;
  }

  /** All segments, each behind those that lead to it. */
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
      ...bareNode(root.kind, seed, key, root.position, KeyChain.root(key, this.basis.batch), undefined),
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
   * Follows ranges from a root as far as the graph has them, cuts a segment where they part, and adds what is missing.
   */
  #walk(root: GraphNode, ranges: readonly StepRange[]): GraphNode {
    const { batch } = this.basis;
    let node = root;
    let rest = ranges;
    while (rest.length > 0) {
      let next: GraphNode | undefined;
      for (const segment of node.outgoing) {
        const shared = commonPrefix(segment.ranges, rest, batch);
        if (shared === 0) continue;
        next = shared === segment.steps ? segment.to : this.#cut(segment, shared);
        rest = dropSteps(rest, shared, batch);
        break;
      }
      if (next === undefined) {
        next = this.#append(node, rest);
        rest = [];
      }
      node = next;
    }
    return node;
  }

  #append(from: GraphNode, ranges: readonly StepRange[]): GraphNode {
    const steps = countSteps(ranges);
    const chain = from.chain.extendAll(ranges);
    const to = bareNode('step', from.seed, chain.key(), from.position + steps, chain, from.root ?? from);
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
    const middle = bareNode('step', from.seed, chain.key(), from.position + steps, chain, from.root ?? from);
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
  };
}

/** The key of a state inside a segment, `steps` behind its beginning. */
export function keyInside(segment: Segment, steps: number, batch: number): Digest {
  return segment.from.chain.extendAll(takeSteps(segment.ranges, steps, batch)).key();
}
