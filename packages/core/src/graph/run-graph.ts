/**
 * The run graph: the training that all strategies need, with common prefixes merged. States are nodes, segments are
 * edges. Nodes exist only where a state is needed (a release, a part of an average, the start of another path) and
 * where paths diverge.
 */
import { type Digest, digestJson } from '../json.js';
import { KeyChain } from '../path/key-chain.js';
import type { StepContents } from '../path/order-contents.js';
import type { Lineage, Objective, Point, Root } from '../path/path.js';
import { lastChange } from '../path/provenance.js';
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
  /** Numerics of the trainer that makes it, from its root or from the node before it. */
  readonly numerics: string;
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
  /** True when steps of another path learn from this state. */
  teaches: boolean;
}

/** The root of a node's lineage; a root is its own. */
export const rootOf = (node: GraphNode): GraphNode => node.root ?? node;

/** Steps from its root to a node. */
export const stepsSinceRoot = (node: GraphNode): number => node.position - rootOf(node).position;

/** A run of steps between two nodes without a branch, with one trainer and one objective. */
export interface Segment {
  from: GraphNode;
  to: GraphNode;
  ranges: readonly StepRange[];
  steps: number;
  readonly strategies: Set<string>;
  /** The state that its steps learn from, if that is a state of the graph. */
  readonly teacher?: GraphNode;
}

/** What the steps of a segment optimise; undefined: the mean negative log-likelihood. */
export const objectiveIn = ({ ranges }: Pick<Segment, 'ranges'>): Objective | undefined => ranges[0]?.objective;

/** What is the same for all paths of an experiment. */
export interface GraphBasis extends StepContents {
  /** Numerics of the trainer. */
  readonly numerics: string;
  /** Digest of model, optimizer, batch and a trainer's numerics; part of every root key. */
  readonly digestOf: (numerics: string) => Digest;
}

/** Builds the graph from demanded points, strategy by strategy. */
export class RunGraph {
  readonly #roots = new Map<Digest, GraphNode>();
  /** Nodes by the recipe object they were requested with; many lineages share one. */
  readonly #known = new Map<Root, GraphNode>();

  /** The roots that stand for a planned one: itself, and those that other processors made. */
  readonly #variants = new Map<Root, Set<Root>>();

  /** `take` replaces points by equal ones that other processors made in part. Default: none. */
  constructor(
    readonly basis: GraphBasis,
    private readonly take: (point: Point) => Point = (point) => point,
  ) {}

  /**
   * Returns the node of a state, creating it if needed, and marks it and everything before it as needed by the
   * strategy.
   */
  demand(planned: Point, strategy: string): GraphNode {
    const point = this.#take(planned);
    const node = this.#locate(point);
    node.demanded = true;
    this.#mark(node, strategy);
    return node;
  }

  /**
   * Marks the last state of a path that is trained anyway, so that it is kept: when the next version arrives, its path
   * continues from there. Demands nothing.
   */
  markTip(lineage: Lineage): void {
    const { root, ranges } = this.#take({ lineage, steps: countSteps(lineage.ranges) }).lineage;
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
  keyOf(planned: Point): Digest {
    const point = this.#take(planned);
    const root = this.#root(point.lineage);
    if (point.steps === 0) return root.key;
    return root.chain.extendAll(takeSteps(point.lineage.ranges, point.steps, this.basis.batch)).key();
  }

  /**
   * The segments that lead to a state, as far as the graph has them, the last one whole even if the state is inside it.
   * `last`: the node of the state, if it has one.
   */
  along(planned: Point): { readonly segments: readonly Segment[]; readonly last: GraphNode | undefined } {
    const { lineage, steps } = this.#take(planned);
    const segments: Segment[] = [];
    let node = this.#known.get(lineage.root);
    let rest = takeSteps(lineage.ranges, steps, this.basis.batch);
    while (node !== undefined && rest.length > 0) {
      const next: Segment | undefined = node.outgoing.find(({ ranges }) => commonPrefix(ranges, rest, this.basis) > 0);
      if (next === undefined) return { segments, last: undefined };
      segments.push(next);
      const common = commonPrefix(next.ranges, rest, this.basis);
      node = common === next.steps ? next.to : undefined;
      rest = dropSteps(rest, common, this.basis.batch);
    }
    return { segments, last: node };
  }

  /** The nodes that stand for a root; none if no state after it was demanded. */
  find(root: Root): readonly GraphNode[] {
    const nodes = [root, ...(this.#variants.get(root) ?? [])].map((one) => this.#known.get(one));
    return [...new Set(nodes)].filter((node) => node !== undefined);
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

  #take(planned: Point): Point {
    const point = this.take(planned);
    const { root } = planned.lineage;
    if (point.lineage.root !== root) {
      const variants = this.#variants.get(root) ?? new Set();
      this.#variants.set(root, variants.add(point.lineage.root));
    }
    return point;
  }

  #locate(point: Point): GraphNode {
    const root = this.#root(point.lineage);
    // A node, so that no segment has two trainers, or two objectives.
    const change = lastChange(point);
    if (change !== undefined && change.steps < point.steps) this.#locate(change);
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
    const { numerics = this.basis.numerics } = root;
    // The keys of sources hold who made them. Who makes the root is in its key if that differs.
    const maker = (): Readonly<Record<string, string>> =>
      sources.every(({ node }) => node.numerics === numerics) ? {} : { numerics };
    if (root.kind === 'init') key = digestJson({ basis: this.basis.digestOf(numerics), init: root.seed });
    else if (root.kind === 'derived') {
      sources = root.parts.map(({ point, weight }) => ({ node: this.#locate(point), weight }));
      key = digestJson({ derived: sources.map(({ node, weight }) => [node.key, weight]), ...maker() });
    } else {
      sources = [{ node: this.#locate(root.of), weight: 1 }];
      const seed = root.weights ? null : root.seed;
      const { weights, optimizer } = root;
      key = digestJson({ reset: sources[0]!.node.key, weights, optimizer, seed, ...maker() });
    }
    const known = this.#roots.get(key);
    if (known !== undefined) return known;
    const seed = root.kind === 'init' ? root.seed : sources[0]!.node.seed;
    const node: GraphNode = {
      ...bareNode({ kind: root.kind, seed, key, position: root.position, numerics }, KeyChain.root(key, this.basis)),
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
    const to = stateAfter(from, ranges, chain);
    const teacher = this.#teacherOf(ranges);
    const segment: Segment = { from, to, ranges, steps, strategies: new Set(), ...(teacher && { teacher }) };
    from.outgoing.push(segment);
    to.incoming = segment;
    return to;
  }

  #teacherOf(ranges: readonly StepRange[]): GraphNode | undefined {
    const of = objectiveIn({ ranges })?.distil?.teacher.of;
    if (of === undefined || !('point' in of)) return undefined;
    const node = this.#locate(this.#take(of.point));
    node.demanded = true;
    node.teaches = true;
    return node;
  }

  #cut(segment: Segment, steps: number): GraphNode {
    const { batch } = this.basis;
    const { from, to } = segment;
    const head = takeSteps(segment.ranges, steps, batch);
    const chain = from.chain.extendAll(head);
    const middle = stateAfter(from, head, chain);
    const tail: Segment = {
      from: middle,
      to,
      ranges: dropSteps(segment.ranges, steps, batch),
      steps: segment.steps - steps,
      strategies: new Set(segment.strategies),
      ...(segment.teacher && { teacher: segment.teacher }),
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
      if (at.incoming?.teacher !== undefined) this.#mark(at.incoming.teacher, strategy);
    }
  }
}

function stateAfter(from: GraphNode, ranges: readonly StepRange[], chain: KeyChain): GraphNode {
  const root = rootOf(from);
  const numerics = ranges.at(-1)?.numerics ?? root.numerics;
  const position = from.position + countSteps(ranges);
  return bareNode({ kind: 'step', seed: from.seed, key: chain.key(), position, numerics }, chain, root);
}

function bareNode(
  own: Pick<GraphNode, 'kind' | 'seed' | 'key' | 'position' | 'numerics'>,
  chain: KeyChain,
  root?: GraphNode,
): GraphNode {
  return {
    ...own,
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
    teaches: false,
  };
}

/** The key of the state inside a segment after its first `steps` steps. */
export function keyInside(segment: Segment, steps: number, batch: number): Digest {
  return segment.from.chain.extendAll(takeSteps(segment.ranges, steps, batch)).key();
}
