/** Who failed, under which seeds: failures that say the same are told as one. */
import { BranchlineError, type Failure } from '../errors.js';
import type { ExperimentPlan, StrategyPlan } from './experiment-plan.js';
import { joinFailures } from './join-failures.js';

/** What failed of the strategies that are not complete; one that nobody complained about is a failure too. */
export function unfinishedFailures(
  complete: readonly StrategyPlan[],
  failures: readonly Failure[],
  { strategies, open, seeds }: ExperimentPlan,
): readonly Failure[] {
  const told = new Set(complete.map(({ strategy: { name, seed } }) => `${seed}/${name}`));
  const found: Failure[] = [];
  for (const { strategies: names, seeds: under = seeds, error } of failures) {
    for (const seed of under) {
      const missing = names.filter((name) => !told.has(`${seed}/${name}`));
      if (missing.length > 0) found.push({ strategies: missing, seeds: [seed], error });
    }
  }
  for (const { strategies: names, seeds: [seed] = [] } of found) for (const name of names) told.add(`${seed}/${name}`);
  for (const { strategy } of [...strategies, ...open]) {
    const { name, seed } = strategy;
    if (!told.has(`${seed}/${name}`)) found.push({ strategies: [name], seeds: [seed], error: unexplained() });
  }
  return joinFailures(found, seeds);
}

/** The one error of a run in which no strategy could be completed. */
export function allFailed(failures: readonly Failure[]): BranchlineError {
  const { error } = failures[0]!;
  return new BranchlineError(
    error.code,
    failures.flatMap(({ error: { problems } }) => problems),
  );
}

/** For a strategy that nobody complained about: it must not vanish in silence. */
function unexplained(): BranchlineError {
  const message = 'a release is missing, and nothing said why';
  return new BranchlineError('store', { message, remedy: 'Run the same command again; what is stored stays.' });
}
