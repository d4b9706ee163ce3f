import type { Digest } from '../json.js';
import type { PlanRecord } from '../plan/plan-record.js';

/** Looks up stored measurements. */
interface Measurements {
  read(state: Digest, question: Digest): Promise<unknown>;
}

/**
 * Whether a recorded plan was left behind by a run that stopped after it had measured losses: planned again, the same
 * experiment has another plan, and no run returns to this one.
 */
export async function isContinued(
  { experiment, strategies, seeds, states }: PlanRecord,
  by: Pick<PlanRecord, 'experiment' | 'strategies' | 'seeds'>,
  measurements: Measurements,
): Promise<boolean> {
  // A strategy that no longer waits has another place among the others.
  const namesOf = (names: readonly string[]) => [...names].sort().join('\n');
  const same =
    experiment === by.experiment &&
    namesOf(strategies) === namesOf(by.strategies) &&
    (seeds ?? []).join() === (by.seeds ?? []).join();
  if (!same) return false;
  for (const { key, roles } of states) {
    for (const role of roles) {
      if (role.role !== 'measure' || role.question === undefined) continue;
      if ((await measurements.read(key, role.question)) !== undefined) return true;
    }
  }
  return false;
}
