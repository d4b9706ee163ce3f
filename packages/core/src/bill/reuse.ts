import { objectiveIn, rootOf, stepsSinceRoot } from '../graph/run-graph.js';
import type { LedgerEntry } from '../ledger/entry.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { ExperimentCosts } from './costs.js';

/** Ledger entries for strategies that reuse segments trained before the strategy was planned. */
export function reusedEntries(
  plan: ExperimentPlan,
  ledgerWriter: LedgerWriter,
  context: number,
): readonly LedgerEntry[] {
  const { segments } = new ExperimentCosts(plan, ledgerWriter.ledger.entries);
  const { batch } = plan.graph.basis;
  return plan.graph.segments().flatMap((segment) => {
    const { from, to, steps } = segment;
    const requestedBy = segments.unbooked(segment);
    // Steps that are not trained yet, because the run was stopped, were not reused.
    if (requestedBy.length === 0 || Number(segments.of(segment).steps) < steps) return [];
    const tokens = steps * batch * context;
    return [
      ledgerWriter.reused({
        from: from.key,
        to: to.key,
        root: rootOf(to).key,
        at: stepsSinceRoot(to),
        steps,
        tokens,
        objective: objectiveIn(segment),
        seed: to.seed,
        requestedBy,
      }),
    ];
  });
}
