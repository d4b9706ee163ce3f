/** From facts to verdicts, as printed by `--json`. */
import type { ClaimResult } from '@branchline/evaluation';
import type { Facts, PaperClaim } from './definition.js';
import { type EstimateResult, estimatesOf } from './jackknife.js';
import { figure } from './numbers.js';
import { reasonOf } from './reasons.js';

/** A claim with its verdict, as printed by `--json`. */
export interface PaperVerdict {
  readonly id: string;
  readonly claim: string;
  readonly verdict: 'holds' | 'fails' | 'undecided';
  readonly effect: number | null;
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  /** Seeds of the measurement; none for counts. */
  readonly seeds: readonly number[];
  /** Why it does not hold, from the numbers; null if it holds. */
  readonly reason: string | null;
  /** The author's explanation; null if there is none or the claim holds. */
  readonly note: string | null;
}

/** Tolerance for equal counts after divisions in floating point. */
const ROUNDING = 1e-9;

/** Verdicts in the order of the claims. */
export function verdictsOf(claims: readonly PaperClaim[], facts: Facts): readonly PaperVerdict[] {
  const known = new Map<string, PaperVerdict>();
  const estimates = estimatesOf(claims, facts);
  // Claims that combine others come after them.
  const ordered = [...claims].sort((a, b) => Number(a.test.by === 'parts') - Number(b.test.by === 'parts'));
  for (const claim of ordered) known.set(claim.id, verdictOf(claim, { facts, known, estimates }));
  return claims.map(({ id }) => known.get(id)!);
}

/** The outcome of a test, without the text of the claim. */
type Tested = Omit<PaperVerdict, 'id' | 'claim' | 'note'>;

/** What verdicts are made from. */
interface Known {
  readonly facts: Facts;
  readonly known: ReadonlyMap<string, PaperVerdict>;
  readonly estimates: ReadonlyMap<string, EstimateResult>;
}

function verdictOf(claim: PaperClaim, from: Known): PaperVerdict {
  const found = resultOfTest(claim, from);
  const note = found.verdict === 'holds' ? null : (claim.note ?? null);
  return { id: claim.id, claim: claim.claim, ...found, note };
}

function resultOfTest({ id, test }: PaperClaim, { facts, known, estimates }: Known): Tested {
  if (test.by === 'seeds') return measured(resultOf(facts, test.experiment, id));
  if (test.by === 'estimate') {
    const found = estimates.get(id)!;
    const { verdict, effect, interval, seeds } = found;
    return { verdict, effect, interval, seeds, reason: reasonOf(found) };
  }
  if (test.by === 'parts') {
    const { id: part, verdict, effect, interval, seeds, reason } = deciding(test.parts.map((one) => known.get(one)!));
    return { verdict, effect, interval, seeds, reason: reason === null ? null : `decided by ${part}: ${reason}` };
  }
  const { found, expected } = test.count(facts);
  const same = Math.abs(found - expected) <= ROUNDING;
  return {
    verdict: same ? 'holds' : 'fails',
    effect: found,
    interval: { low: found, high: found, confidence: 1 },
    seeds: [],
    reason: same ? null : `counted ${figure(found)}, expected ${figure(expected)}`,
  };
}

/** The outcome over seeds; undefined if the experiment has no results. */
export const resultOf = ({ results }: Facts, experiment: string, id: string): ClaimResult | undefined =>
  results[experiment]?.comparison?.claims.find((one) => one.id === id);

function measured(found: ClaimResult | undefined): Tested {
  if (found === undefined) {
    return { verdict: 'undecided', effect: null, interval: null, seeds: [], reason: 'it was not measured' };
  }
  const { verdict, effect, interval, seeds } = found;
  // A claim has an expectation, so its verdict is one of these.
  return { verdict: verdict as PaperVerdict['verdict'], effect, interval, seeds, reason: reasonOf(found) };
}

/** The first part that fails, else the first undecided one, else the first. */
function deciding(parts: readonly PaperVerdict[]): PaperVerdict {
  const [first] = parts;
  return (
    parts.find(({ verdict }) => verdict === 'fails') ?? parts.find(({ verdict }) => verdict === 'undecided') ?? first!
  );
}
