import { BranchlineError, type Failure, type Problem } from '../errors.js';

/**
 * Joins failures with the same fault: the strategies of one seed, then the seeds. A failure under all seeds has no
 * `seeds`.
 */
export function joinFailures(failures: readonly Failure[], all: readonly number[]): readonly Failure[] {
  const bySeed = failures.flatMap((failure) => (failure.seeds ?? all).map((seed) => ({ ...failure, seeds: [seed] })));
  const joined = join(bySeed, ({ seeds: [seed], error }) => [seed, faultOf(error)]);
  return join(joined, ({ strategies, error }) => [strategies, faultOf(error)]).map(({ strategies, seeds, error }) => {
    const under = all.filter((seed) => seeds.includes(seed));
    return under.length === all.length ? { strategies, error } : { strategies, seeds: under, error };
  });
}

type SeededFailure = Failure & { readonly seeds: readonly number[] };

function join(failures: readonly SeededFailure[], keyOf: (of: SeededFailure) => unknown): readonly SeededFailure[] {
  const joined = new Map<string, SeededFailure>();
  for (const failure of failures) {
    const key = JSON.stringify(keyOf(failure));
    const known = joined.get(key);
    const strategies = [...new Set([...(known?.strategies ?? []), ...failure.strategies])];
    const seeds = [...new Set([...(known?.seeds ?? []), ...failure.seeds])];
    joined.set(key, { strategies, seeds, error: ofStrategies(known?.error ?? failure.error, strategies) });
  }
  return [...joined.values()];
}

/** What is wrong and where, whichever strategies it stops. */
export function faultOf({ problems }: BranchlineError): string {
  return JSON.stringify(problems.map(({ strategy: _, ...fault }) => fault));
}

/** The error with all strategies that it stops. */
function ofStrategies(error: BranchlineError, strategies: readonly string[]): BranchlineError {
  const strategy = strategies.join(', ');
  const renamed = error.problems.map(
    (problem): Problem => (problem.strategy === undefined ? problem : { ...problem, strategy }),
  );
  if (renamed.every((problem, index) => problem.strategy === error.problems[index]!.strategy)) return error;
  return new BranchlineError(error.code, renamed, { cause: error.cause });
}
