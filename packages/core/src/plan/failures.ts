/** Failures by strategy and seed; equal failures are reported once. */
import { BranchlineError, type Failure, type Problem } from '../errors.js';
import type { ExperimentPlan, StrategyPlan } from './experiment-plan.js';
import { joinFailures } from './join-failures.js';
import { problemOf } from './plan-warning.js';

/** The failures of strategies that are not complete. A strategy without a recorded failure gets a generic one. */
export function unfinishedFailures(
  complete: readonly StrategyPlan[],
  failures: readonly Failure[],
  { strategies, open, seeds }: ExperimentPlan,
): readonly Failure[] {
  const accounted = new Set(complete.map(({ strategy: { name, seed } }) => `${seed}/${name}`));
  const found: Failure[] = [];
  for (const { strategies: names, seeds: under = seeds, error } of failures) {
    for (const seed of under) {
      const missing = names.filter((name) => !accounted.has(`${seed}/${name}`));
      if (missing.length > 0) found.push({ strategies: missing, seeds: [seed], error });
    }
  }
  for (const { strategies: names, seeds: [seed] = [] } of found)
    for (const name of names) accounted.add(`${seed}/${name}`);
  for (const { strategy } of [...strategies, ...open]) {
    const { name, seed } = strategy;
    if (!accounted.has(`${seed}/${name}`)) found.push({ strategies: [name], seeds: [seed], error: unexplained() });
  }
  return joinFailures(found, seeds);
}

/** The error of a run in which no strategy was completed. */
export function allFailed(failures: readonly Failure[]): BranchlineError {
  const { error } = failures[0]!;
  return new BranchlineError(
    error.code,
    failures.flatMap(({ error: { problems } }) => problems),
    { cause: causeOf(failures) },
  );
}

/** What caused the failures: the errors that plugins threw, where there are some; several as one AggregateError. */
function causeOf(failures: readonly Pick<Failure, 'error'>[]): unknown {
  const causes = failures.map(({ error }) => error.cause ?? error);
  return causes.length > 1 ? new AggregateError(causes, `${causes.length} errors`) : causes[0];
}

/** The error that lists what is wrong with a plan, found before the first step; undefined if nothing is. */
export function refusalOf({ mistakes, warnings }: ExperimentPlan): BranchlineError | undefined {
  const written = warnings.filter(({ refuses }) => refuses).map(problemOf);
  const problems = mistakes.flatMap(({ strategies, seeds, error }) =>
    error.problems.map((problem): Problem => {
      const message = seeds === undefined ? problem.message : `under seed ${seeds.join(', ')}: ${problem.message}`;
      return { strategy: strategies.join(', '), ...problem, message };
    }),
  );
  if (written.length + problems.length === 0) return undefined;
  return new BranchlineError('config', [...written, ...problems], { cause: causeOf(mistakes) });
}

/** For an incomplete strategy without a recorded error, which must be reported too. */
function unexplained(): BranchlineError {
  const message = 'a release is missing, but no error was reported for it';
  return new BranchlineError('store', { message, remedy: 'Run the same command again; stored states are reused.' });
}
