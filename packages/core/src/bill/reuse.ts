import type { LedgerEntry } from '../ledger/entry.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { ExperimentCosts } from './costs.js';

/** Entries for strategies that need what was trained before they were known: who profits is on record too. */
export function reusedEntries(plan: ExperimentPlan, books: LedgerWriter, context: number): readonly LedgerEntry[] {
  const { segments } = new ExperimentCosts(plan, books.ledger.entries);
  const { batch } = plan.graph.basis;
  return plan.graph.segments().flatMap((segment) => {
    const { from, to, steps } = segment;
    const requestedBy = segments.unbooked(segment);
    // What is not trained yet, because the run was stopped, nobody reused.
    if (requestedBy.length === 0 || Number(segments.of(segment).steps) < steps) return [];
    const root = from.root ?? from;
    const at = to.position - root.position;
    const tokens = steps * batch * context;
    return [
      books.reused({ from: from.key, to: to.key, root: root.key, at, steps, tokens, seed: to.seed, requestedBy }),
    ];
  });
}
