import type { Failure } from '../errors.js';

/** Joins failures with equal strategies and messages. A failure under all seeds has no `seeds`. */
export function joinFailures(failures: readonly Failure[], all: readonly number[]): readonly Failure[] {
  const joined = new Map<string, Failure & { readonly seeds: readonly number[] }>();
  for (const failure of failures) {
    const key = JSON.stringify([failure.strategies, failure.error.message]);
    const known = joined.get(key);
    const seeds = [known?.seeds ?? [], failure.seeds ?? all].flat();
    joined.set(key, { ...(known ?? failure), seeds: all.filter((seed) => seeds.includes(seed)) });
  }
  return [...joined.values()].map(({ strategies, seeds, error }) =>
    seeds.length === all.length ? { strategies, error } : { strategies, seeds, error },
  );
}
