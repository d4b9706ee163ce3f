/** From facts to verdicts: what `--json` prints. */
import type { ClaimResult } from '@branchline/core';
import type { Facts, PaperClaim } from './definition.js';

/** A claim with what came of it, exactly as `--json` prints it. */
export interface PaperVerdict {
  readonly id: string;
  readonly claim: string;
  readonly verdict: 'holds' | 'fails' | 'undecided';
  readonly effect: number | null;
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  /** Under which it was measured; none for what is counted. */
  readonly seeds: readonly number[];
}

/** How far from one another numbers are that are counted alike but divided on the way. */
const ROUNDING = 1e-9;

/** Verdicts in the order of the claims. */
export function judgeClaims(claims: readonly PaperClaim[], facts: Facts): readonly PaperVerdict[] {
  const judged = new Map<string, PaperVerdict>();
  // What is put together from others comes after them.
  const ordered = [...claims].sort((a, b) => Number(a.test.by === 'parts') - Number(b.test.by === 'parts'));
  for (const claim of ordered) judged.set(claim.id, judgeOne(claim, facts, judged));
  return claims.map(({ id }) => judged.get(id)!);
}

function judgeOne(
  { id, claim, test }: PaperClaim,
  facts: Facts,
  judged: ReadonlyMap<string, PaperVerdict>,
): PaperVerdict {
  if (test.by === 'seeds') return { id, claim, ...measured(facts.results[test.experiment]?.comparison?.claims, id) };
  if (test.by === 'parts') {
    const parts = test.parts.map((part) => judged.get(part)!);
    const { effect, interval, seeds, verdict } = deciding(parts);
    return { id, claim, verdict, effect, interval, seeds };
  }
  const { found, expected } = test.count(facts);
  const verdict = Math.abs(found - expected) <= ROUNDING ? 'holds' : 'fails';
  return { id, claim, verdict, effect: found, interval: { low: found, high: found, confidence: 1 }, seeds: [] };
}

function measured(claims: readonly ClaimResult[] | undefined, id: string): Omit<PaperVerdict, 'id' | 'claim'> {
  const found = claims?.find((one) => one.id === id);
  if (found === undefined) return { verdict: 'undecided', effect: null, interval: null, seeds: [] };
  const { verdict, effect, interval, seeds } = found;
  // A claim has an expectation, so its verdict is one of these.
  return { verdict: verdict as PaperVerdict['verdict'], effect, interval, seeds };
}

/** The first that fails, else the first that is undecided, else the first. */
function deciding(parts: readonly PaperVerdict[]): PaperVerdict {
  const [first] = parts;
  return (
    parts.find(({ verdict }) => verdict === 'fails') ?? parts.find(({ verdict }) => verdict === 'undecided') ?? first!
  );
}
