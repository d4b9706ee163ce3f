/**
 * Finds missing lines that have no record: charges of plugins, and reuse of stored training. They are found through the
 * bill, which is written after them and lists what every strategy needed.
 */
import type { BillRow, Digest, LedgerEntry, PlanRecord } from '@branchline/core';

/** Descriptions of missing lines. `plan` is the plan of the bill. */
export function missingFor(
  bill: readonly BillRow[],
  entries: readonly LedgerEntry[],
  plan: PlanRecord | undefined,
): readonly string[] {
  return [...missingCharges(bill, entries), ...(plan === undefined ? [] : missingReuse(bill, entries, plan))];
}

function missingCharges(bill: readonly BillRow[], entries: readonly LedgerEntry[]): readonly string[] {
  const booked = new Map<string, number>();
  const keyOf = (...parts: readonly unknown[]) => JSON.stringify(parts);
  for (const { kind, requestedBy, plugin, version, tokens, flops } of entries) {
    if (kind !== 'charge') continue;
    const key = keyOf(requestedBy[0], plugin, version, tokens, flops);
    booked.set(key, (booked.get(key) ?? 0) + 1);
  }
  // Equal charges of several seeds are booked once.
  const used = new Map<string, number>();
  return bill.flatMap(({ kind, strategy, seed, plugin, version, alone: { tokens, flops } }) => {
    if (kind !== 'charge') return [];
    const key = keyOf(strategy, plugin, version, tokens, flops);
    const own = keyOf(seed, key);
    used.set(own, (used.get(own) ?? 0) + 1);
    return used.get(own)! <= (booked.get(key) ?? 0)
      ? []
      : [`what ${plugin} charged "${strategy}" for version ${version}`];
  });
}

/** Checks that every step a strategy needs is booked for it, as training or as reuse. */
function missingReuse(bill: readonly BillRow[], entries: readonly LedgerEntry[], plan: PlanRecord): readonly string[] {
  const states = new Map(plan.states.map((state) => [state.key, state]));
  const rows = bill.filter(({ kind }) => kind === 'train');
  if (!rows.every(({ state }) => states.has(state))) return [];
  const lacking = new Map<Digest, Map<string, Needed>>();
  for (const { state, strategy, alone } of rows) {
    const { from, steps: end } = states.get(state)!;
    const begin = states.get(from ?? state)?.steps ?? end;
    const needs = lacking.get(state) ?? new Map<string, Needed>();
    const paid = (needs.get(strategy)?.paid ?? 0) + alone.steps;
    lacking.set(state, needs.set(strategy, { begin, end, paid, spans: [] }));
  }
  for (const lineage of lineagesOf(plan, entries)) removeBooked(lacking, lineage);
  return [...lacking].flatMap(([key, needs]) => {
    // Partially trained segments of a stopped run are booked once they are complete.
    const names = [...needs].filter(([, { begin, end, paid }]) => paid === end - begin).map(([name]) => `"${name}"`);
    if (names.length === 0) return [];
    const { begin, end } = [...needs.values()][0]!;
    return [`${end - begin} steps to state ${key.slice(0, 10)} for ${names.join(', ')}`];
  });
}

/** A range of steps, counted from the root. */
type Span = readonly [from: number, to: number];

/** Steps that must be booked for a strategy: `paid` of them were trained, `spans` are booked. */
interface Needed {
  readonly begin: number;
  readonly end: number;
  readonly paid: number;
  readonly spans: readonly Span[];
}

/** The states from a root to an end state, and the ranges booked on that lineage by strategy. */
interface Lineage {
  readonly keys: ReadonlySet<Digest>;
  readonly spans: ReadonlyMap<string, readonly Span[]>;
}

/** Removes needs that are fully booked on a lineage. */
function removeBooked(lacking: ReadonlyMap<Digest, Map<string, Needed>>, { keys, spans }: Lineage): void {
  for (const key of keys) {
    for (const [name, need] of lacking.get(key) ?? []) {
      const { begin, end } = need;
      const found = [...need.spans, ...(spans.get(name) ?? []).filter(([from, to]) => from < end && to > begin)];
      if (lengthWithin(found, begin, end) === end - begin) lacking.get(key)!.delete(name);
      else lacking.get(key)!.set(name, { ...need, spans: found });
    }
  }
}

/** The lineages of all end states of a plan. */
function* lineagesOf({ states }: PlanRecord, entries: readonly LedgerEntry[]): Generator<Lineage> {
  const steps = entries.filter(({ kind }) => kind === 'train' || kind === 'reuse');
  const endingIn = groupBy(steps, ({ to }) => to);
  // Entries may skip states of the plan and vice versa: the union of their edges gives the full lineage.
  const edges = [...steps, ...states.flatMap(({ from, key }) => (from === undefined ? [] : [{ from, to: key }]))];
  const before = groupBy(edges, ({ to }) => to);
  const inner = new Set(states.map(({ from }) => from));
  for (const { key: end } of states) {
    if (inner.has(end)) continue;
    const keys = new Set([end]);
    for (const key of keys) for (const { from } of before.get(key) ?? []) keys.add(from);
    const spans = new Map<string, Span[]>();
    for (const { requestedBy, at, steps: length } of [...keys].flatMap((key) => endingIn.get(key) ?? [])) {
      const span: Span = [at - length, at];
      for (const name of requestedBy) {
        const known = spans.get(name);
        if (known === undefined) spans.set(name, [span]);
        else known.push(span);
      }
    }
    yield { keys, spans };
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => Digest): ReadonlyMap<Digest, readonly T[]> {
  const groups = new Map<Digest, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Number of steps in [begin, end) that are covered by spans. */
function lengthWithin(spans: readonly Span[], begin: number, end: number): number {
  let length = 0;
  let reached = begin;
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    const start = Math.max(reached, from);
    const stop = Math.min(to, end);
    if (stop <= start) continue;
    length += stop - start;
    reached = stop;
  }
  return length;
}
