/** Statistics of several experiments, with their spread over seeds. */
import { hypothesisOf, type Sample, summarize, testFamily } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperClaim } from './definition.js';

type EstimateTest = Extract<PaperClaim['test'], { by: 'estimate' }>;

/** A statistic over seeds. */
export interface Jackknifed {
  readonly seeds: readonly number[];
  /** The statistic of all seeds, with the standard deviation of its pseudo-values. */
  readonly sample: Sample;
}

/**
 * A statistic of all seeds, and its spread by the jackknife (Tukey, 1958): n times the statistic of all n seeds, minus
 * n - 1 times that without one seed, are n values that vary as one seed's contribution does. The effect is the
 * statistic of all seeds itself, so that it is the number that tables show. Returns a reason if an experiment, the
 * statistic or its value without some seed is missing.
 */
export function jackknife(
  facts: Facts,
  { experiments, estimate }: Pick<EstimateTest, 'experiments' | 'estimate'>,
): Jackknifed | { readonly reason: string } {
  const results = experiments.map((name) => facts.results[name]);
  if (results.length === 0 || results.includes(undefined)) return { reason: 'it was not measured' };
  const [first, ...others] = results as readonly Results[];
  const seeds = first!.seeds.filter((seed) => others.every((other) => other.seeds.includes(seed)));
  const whole = estimate(onSeeds(facts, experiments, seeds));
  if (whole === undefined) return { reason: 'the results do not determine it' };
  const count = seeds.length;
  if (count < 2) return { seeds, sample: { count, mean: whole, standardDeviation: null } };
  const without = seeds.map((left) =>
    estimate(
      onSeeds(
        facts,
        experiments,
        seeds.filter((seed) => seed !== left),
      ),
    ),
  );
  const undetermined = without.indexOf(undefined);
  if (undetermined >= 0) return { reason: `without seed ${seeds[undetermined]} the results do not determine it` };
  const pseudo = without.map((value) => count * whole - (count - 1) * value!);
  return { seeds, sample: { ...summarize(pseudo), mean: whole } };
}

/** Facts with some seeds of some experiments only. Other experiments are left out. */
function onSeeds({ plans, results }: Facts, experiments: readonly string[], seeds: readonly number[]): Facts {
  const kept = experiments.map((name) => {
    const all = results[name]!;
    return [name, { ...all, seeds, strategies: all.strategies.filter(({ seed }) => seeds.includes(seed)) }] as const;
  });
  return { plans, results: Object.fromEntries(kept) };
}

/** The outcome of a claim about a statistic. */
export interface EstimateResult {
  readonly verdict: 'holds' | 'fails' | 'undecided';
  readonly effect: number | null;
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  readonly seeds: readonly number[];
  /** Why nothing was decided, if it is not for the numbers. */
  readonly reason: string | null;
  readonly expect: EstimateTest['expect'];
  readonly margin: number | null;
}

/** Confidence of all estimates of a family together, as the default of comparisons. */
const FAMILY = { confidence: 0.95, correction: 'holm' } as const;

/** A claim about a statistic. */
interface Asked {
  readonly id: string;
  readonly test: EstimateTest;
}

/** Decides all claims about statistics, family by family. */
export function estimatesOf(claims: readonly PaperClaim[], facts: Facts): ReadonlyMap<string, EstimateResult> {
  const asked = claims.flatMap(({ id, test }): Asked[] => (test.by === 'estimate' ? [{ id, test }] : []));
  const families = new Set(asked.map(({ test }) => test.family));
  return new Map(
    [...families].flatMap((family) =>
      decideFamily(
        asked.filter(({ test }) => test.family === family),
        facts,
      ),
    ),
  );
}

function decideFamily(asked: readonly Asked[], facts: Facts): readonly (readonly [string, EstimateResult])[] {
  const measured = asked.map(({ test }) => jackknife(facts, test));
  const tested = testFamily(
    asked.map(({ test: { expect, margin = null } }, index) => {
      const found = measured[index]!;
      const sample = 'sample' in found ? found.sample : { count: 1, mean: 0, standardDeviation: null };
      return { sample, hypothesis: hypothesisOf({ expect, margin }) };
    }),
    FAMILY,
  );
  return asked.map(({ id, test: { expect, margin = null } }, index): readonly [string, EstimateResult] => {
    const found = measured[index]!;
    const { verdict, interval } = tested[index]!;
    const outcome = { expect, margin, verdict: verdict as EstimateResult['verdict'], interval };
    if ('reason' in found) return [id, { ...outcome, effect: null, seeds: [], reason: found.reason }];
    const { seeds, sample } = found;
    const reason = sample.standardDeviation === null ? 'one seed does not show the variation between seeds' : null;
    return [id, { ...outcome, effect: sample.mean, seeds, reason }];
  });
}
