/** Lays the entries of the ledger over the run graph: what every segment cost, on which device, and who paid for it. */
import { type GraphNode, keyInside, type RunGraph, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { addCost, type ExactCost, NO_COST, partOfCost, sumCosts } from './cost.js';
import { costOfEntry, evaluationId, type LedgerEntry } from './entry.js';
import { Intervals } from './intervals.js';

/** What is known of one segment. */
interface Account {
  readonly byDevice: Map<string, ExactCost>;
  readonly paid: Intervals;
  /** Steps that were booked on behalf of each strategy, trained or reused. */
  readonly booked: Map<string, Intervals>;
}

/** What every segment of a graph cost, from the entries that trained it. */
export class CostsBySegment {
  readonly #accounts = new Map<Segment, Account>();

  /**
   * An entry may end inside a segment, or span several, when the graph was cut otherwise at the time; its cost goes to
   * segments step by step. A step that was trained again, because its state had been removed or was damaged, counts
   * once: it is part of what a run cost, not of what a strategy costs. Entries of states that the graph does not have
   * are left out.
   */
  constructor(graph: RunGraph, entries: readonly LedgerEntry[]) {
    const segments = graph.segments();
    const byRoot = new Map<Digest, Segment[]>();
    for (const segment of segments) {
      const root = (segment.from.root ?? segment.from).key;
      const list = byRoot.get(root);
      if (list === undefined) byRoot.set(root, [segment]);
      else list.push(segment);
    }
    const byKey = new Map(segments.map((segment) => [segment.to.key, segment]));
    for (const entry of entries) {
      if (entry.kind !== 'train' && entry.kind !== 'reuse') continue;
      const whole = byKey.get(entry.to);
      if (whole !== undefined) this.#book(whole, whole.steps, entry);
      else {
        const found = locate(byRoot.get(entry.root) ?? [], entry.to, entry.at, graph.basis.batch);
        if (found) this.#book(found.segment, found.steps, entry);
      }
    }
  }

  /** LedgerWriter an entry that ends `steps` into a segment, backwards over as many segments as it spans. */
  #book(segment: Segment, steps: number, entry: LedgerEntry): void {
    const cost = costOfEntry(entry);
    let left = entry.steps;
    let end = steps;
    for (let at: Segment | undefined = segment; at !== undefined && left > 0; at = at.from.incoming) {
      const begin = Math.max(0, end - left);
      const account = this.#account(at);
      for (const strategy of entry.requestedBy) {
        const booked = account.booked.get(strategy) ?? new Intervals();
        account.booked.set(strategy, booked);
        booked.add(begin, end);
      }
      if (entry.kind === 'train') {
        // Steps of the entry behind steps of the segment.
        const shift = left - end;
        for (const [from, to] of account.paid.add(begin, end)) {
          const part = partOfCost(cost, from + shift, to + shift, entry.steps);
          account.byDevice.set(entry.device, addCost(account.byDevice.get(entry.device) ?? NO_COST, part));
        }
      }
      left -= end - begin;
      end = at.from.incoming?.steps ?? 0;
    }
  }

  #account(segment: Segment): Account {
    const known = this.#accounts.get(segment);
    if (known !== undefined) return known;
    const account = { byDevice: new Map(), paid: new Intervals(), booked: new Map() };
    this.#accounts.set(segment, account);
    return account;
  }

  of(segment: Segment): ExactCost {
    return sumCosts(this.byDevice(segment).values());
  }

  byDevice(segment: Segment): ReadonlyMap<string, ExactCost> {
    return this.#accounts.get(segment)?.byDevice ?? new Map<string, ExactCost>();
  }

  /** Strategies that need a segment and are not named in the entries for all of its steps. */
  unbooked(segment: Segment): readonly string[] {
    const booked = this.#accounts.get(segment)?.booked;
    return [...segment.strategies].filter((name) => (booked?.get(name)?.size ?? 0) < segment.steps);
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

/** Marks an evaluation that a reactive plugin asked for, and that is not of a release. */
export const LOSSES = 'losses for a reactive plugin';

/**
 * What the evaluations of states on these sets cost and where they were made, by key. One that was repeated counts
 * once.
 */
export function evaluationsOf(
  entries: readonly LedgerEntry[],
  sets: readonly Digest[],
): ReadonlyMap<Digest, { readonly cost: ExactCost; readonly device: string }> {
  const found = new Map<Digest, { cost: ExactCost; device: string }>();
  for (const entry of entries) {
    const { kind, to, id, device } = entry;
    if (kind !== 'evaluate' || !sets.some((set) => evaluationId(to, set) === id)) continue;
    const before = found.get(to);
    found.set(to, {
      cost: addCost(before?.cost ?? NO_COST, costOfEntry(entry)),
      device: before?.device ?? device,
    });
  }
  return found;
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
