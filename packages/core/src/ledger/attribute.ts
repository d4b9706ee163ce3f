/** Who owes what: costs of strategies from the entries of the ledger and the run graph. No formula of any strategy enters. */
import { type GraphNode, keyInside, type RunGraph, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Cost } from '../kernel/results.js';
import type { LedgerEntry } from './ledger.js';

/** A cost whose FLOPs are exact. */
export interface ExactCost {
  readonly tokens: number;
  readonly flops: bigint;
  readonly steps: number;
  readonly deviceSeconds: number;
}

export const NO_COST: ExactCost = { tokens: 0, flops: 0n, steps: 0, deviceSeconds: 0 };

export function addCost(a: ExactCost, b: ExactCost): ExactCost {
  return {
    tokens: a.tokens + b.tokens,
    flops: a.flops + b.flops,
    steps: a.steps + b.steps,
    deviceSeconds: a.deviceSeconds + b.deviceSeconds,
  };
}

export function costOfEntry(entry: LedgerEntry): ExactCost {
  return { tokens: entry.tokens, flops: BigInt(entry.flops), steps: entry.steps, deviceSeconds: entry.deviceSeconds };
}

/** For results and people; FLOPs above 2^53 are rounded to a float64. */
export function roundCost(cost: ExactCost): Cost {
  return { ...cost, flops: Number(cost.flops) };
}

/** The part of a cost that `steps` of its steps have. Whole numbers per step divide exactly. */
function shareOf(cost: ExactCost, steps: number): ExactCost {
  if (steps === cost.steps) return cost;
  return {
    tokens: (cost.tokens / cost.steps) * steps,
    flops: (cost.flops * BigInt(steps)) / BigInt(cost.steps),
    steps,
    deviceSeconds: (cost.deviceSeconds / cost.steps) * steps,
  };
}

/** What every segment of a graph cost, from the entries that trained it. */
export class CostsBySegment {
  readonly #costs = new Map<Segment, ExactCost>();
  /** Steps of each segment that are paid for, as [begin, end). */
  readonly #paid = new Map<Segment, [number, number][]>();

  /**
   * Lays the entries over the graph. An entry may end inside a segment, or span several, when the graph was cut otherwise
   * at the time; its cost goes to segments step by step. A step that was trained again, because its state had been removed
   * or was damaged, counts once: it is part of what a run cost, not of what a strategy costs. Entries of states that the
   * graph does not have are left out.
   */
  constructor(graph: RunGraph, entries: readonly LedgerEntry[]) {
    const segments = graph.segments();
    const byRoot = new Map<Digest, Segment[]>();
    for (const segment of segments) {
      const root = (segment.from.root ?? segment.from).key;
      byRoot.set(root, [...(byRoot.get(root) ?? []), segment]);
    }
    const byKey = new Map(segments.map((segment) => [segment.to.key, segment]));
    for (const entry of entries) {
      if (entry.kind !== 'train') continue;
      const whole = byKey.get(entry.to);
      if (whole !== undefined) this.#book(whole, whole.steps, entry);
      else {
        const found = locate(byRoot.get(entry.root) ?? [], entry.to, entry.at, graph.basis.batch);
        if (found) this.#book(found.segment, found.steps, entry);
      }
    }
  }

  /** Books an entry that ends `steps` into a segment, backwards over as many segments as it spans. */
  #book(segment: Segment, steps: number, entry: LedgerEntry): void {
    const cost = costOfEntry(entry);
    let left = entry.steps;
    let available = steps;
    for (let at: Segment | undefined = segment; at !== undefined && left > 0; at = at.from.incoming) {
      const here = Math.min(left, available);
      const unpaid = this.#pay(at, available - here, available);
      if (unpaid > 0) this.#costs.set(at, addCost(this.of(at), shareOf(cost, unpaid)));
      left -= here;
      available = at.from.incoming?.steps ?? 0;
    }
  }

  /** Marks steps as paid for; returns how many were not. */
  #pay(segment: Segment, begin: number, end: number): number {
    const paid = this.#paid.get(segment) ?? [];
    let unpaid = 0;
    let at = begin;
    for (const [from, to] of [...paid, [end, end] as const].sort((a, b) => a[0] - b[0])) {
      if (from > at) unpaid += Math.min(from, end) - at;
      at = Math.max(at, Math.min(to, end));
      if (at >= end) break;
    }
    this.#paid.set(segment, [...paid, [begin, end]]);
    return unpaid;
  }

  of(segment: Segment): ExactCost {
    return this.#costs.get(segment) ?? NO_COST;
  }
}

function locate(segments: readonly Segment[], key: Digest, steps: number, batch: number) {
  for (const segment of segments) {
    const root = segment.from.root ?? segment.from;
    const inside = steps - (segment.from.position - root.position);
    if (inside > 0 && inside < segment.steps && keyInside(segment, inside, batch) === key)
      return { segment, steps: inside };
  }
  return undefined;
}

/** Every segment a strategy's demands rest on, each once. */
export function segmentsBehind(nodes: readonly GraphNode[]): ReadonlySet<Segment> {
  const found = new Set<Segment>();
  const visit = (node: GraphNode) => {
    for (const source of node.sources) visit(source.node);
    const { incoming } = node;
    if (incoming === undefined || found.has(incoming)) return;
    found.add(incoming);
    visit(incoming.from);
  };
  for (const node of nodes) visit(node);
  return found;
}
