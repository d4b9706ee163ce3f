/**
 * Attributes ledger entries to the run graph: the cost of every segment, by device, and the strategies it is booked
 * for.
 */
import { type GraphNode, keyInside, type RunGraph, rootOf, type Segment, stepsSinceRoot } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { addCost, type ExactCost, NO_COST, partOfCost, sumCosts } from './cost.js';
import { costOfEntry, evaluationId, type LedgerEntry } from './entry.js';
import { Intervals } from './intervals.js';

/** What the ledger has about one segment. */
interface Account {
  readonly byDevice: Map<string, ExactCost>;
  readonly paid: Intervals;
  /** Steps booked for each strategy, trained or reused. */
  readonly booked: Map<string, Intervals>;
}

/** The training cost of every segment of a graph. */
export class CostsBySegment {
  readonly #accounts = new Map<Segment, Account>();

  /**
   * An entry may end inside a segment or span several, because earlier plans split the graph at other points; its cost
   * is attributed step by step. A step that was trained again, because its state was deleted or damaged, counts once:
   * the repetition is part of the cost of the run, not of a strategy. Entries of states that are not in the graph are
   * ignored.
   */
  constructor(graph: RunGraph, entries: readonly LedgerEntry[]) {
    const segments = graph.segments();
    const byRoot = new Map<Digest, Segment[]>();
    for (const segment of segments) {
      const root = rootOf(segment.from).key;
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

  /** Attributes an entry that ends `steps` steps into a segment, backwards over all segments that it spans. */
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
        // Offset from steps of the segment to steps of the entry.
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

  /** Strategies that need a segment but are not named in the entries for all of its steps. */
  unbooked(segment: Segment): readonly string[] {
    const booked = this.#accounts.get(segment)?.booked;
    return [...segment.strategies].filter((name) => (booked?.get(name)?.size ?? 0) < segment.steps);
  }
}

function locate(segments: readonly Segment[], key: Digest, steps: number, batch: number) {
  for (const segment of segments) {
    const inside = steps - stepsSinceRoot(segment.from);
    if (inside > 0 && inside < segment.steps && keyInside(segment, inside, batch) === key)
      return { segment, steps: inside };
  }
  return undefined;
}

/** Note of ledger entries for losses that a reactive plugin requested, as opposed to evaluations of releases. */
export const LOSSES = 'losses for a reactive plugin';

/** Cost and device of the evaluations on these sets, by key of the state. Repeated evaluations count once. */
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

/** All segments that lead to the given nodes, each once. */
export function segmentsBehind(nodes: readonly GraphNode[]): ReadonlySet<Segment> {
  const found = new Set<Segment>();
  const visit = (node: GraphNode) => {
    for (const source of node.sources) visit(source.node);
    const { incoming } = node;
    if (incoming === undefined || found.has(incoming)) return;
    found.add(incoming);
    if (incoming.teacher !== undefined) visit(incoming.teacher);
    visit(incoming.from);
  };
  for (const node of nodes) visit(node);
  return found;
}
