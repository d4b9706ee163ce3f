/** Explains in words why a claim does not hold, from the deciding numbers. */
import type { ClaimResult } from '@branchline/evaluation';
import { figure } from './numbers.js';

/** The numbers that decide a claim. */
type Deciding = Pick<ClaimResult, 'reason' | 'expect' | 'margin' | 'effect'> & {
  readonly verdict: string;
  readonly interval: { readonly low: number; readonly high: number } | null;
};

/** Null for a claim that holds. */
export function reasonOf({ verdict, reason, expect, margin, effect, interval }: Deciding): string | null {
  if (verdict === 'holds') return null;
  if (reason !== null) return reason;
  if (expect === null || effect === null || interval === null) return 'there is nothing to decide it by';
  const range = `[${figure(interval.low)}, ${figure(interval.high)}]`;
  if (expect === '~ 0') {
    const band = `within ${figure(margin!)} of 0`;
    if (verdict === 'fails') return `the effect is not ${band}: its interval ${range} lies beyond`;
    const where = Math.abs(effect) < margin! ? band : `not ${band}`;
    return `the mean is ${where}, and the interval ${range} is too wide to decide it`;
  }
  const bound = boundOf(expect, margin);
  const wanted = expect.startsWith('<') ? 'below' : 'above';
  if (verdict === 'fails') {
    return `the opposite is established: the interval ${range} lies ${wanted === 'below' ? 'above' : 'below'} ${figure(bound)}`;
  }
  const asClaimed = wanted === 'below' ? effect < bound : effect > bound;
  const where = asClaimed ? `${wanted} ${figure(bound)} as claimed, but` : `not ${wanted} ${figure(bound)}, and`;
  return `the mean is ${where} the interval ${range} reaches across it`;
}

/** The bound of a directional claim. */
function boundOf(expect: NonNullable<ClaimResult['expect']>, margin: number | null): number {
  if (!expect.includes('margin')) return 0;
  return expect.includes('-') ? -margin! : margin!;
}
