/** What is known of the difference between a strategy and the baseline: the only source of "better" and "worse". */
import type { ClaimResult } from '../results/comparison.js';
import type { Results } from '../results/results.js';

/** What is known of a difference. Only `better` and `worse` may have a colour. */
export interface Standing {
  /** `none`: nothing was tested, because there is one seed, no rule, or a rule about another quantity. */
  readonly verdict: 'better' | 'worse' | 'equivalent' | 'undecided' | 'none';
  /** `better over 3 seeds`, `undecided over 3 seeds`, `one seed: no interval`. */
  readonly words: string;
}

/** What is known of the loss of a strategy's last release, compared with that of the baseline. */
export function standingOf(
  { seeds, comparison, data, partial }: Pick<Results, 'seeds' | 'comparison' | 'data' | 'partial'>,
  strategy: string,
): Standing {
  if (seeds.length === 1) return { verdict: 'none', words: 'one seed: no interval' };
  if (partial !== undefined) return { verdict: 'none', words: 'no verdict before every release exists' };
  if (comparison === null) return { verdict: 'none', words: 'no rule: no verdict' };
  const { metric, version } = comparison.rule;
  const isLast = version === 'last' || version === Math.max(...data.versions.map(({ index }) => index));
  if (metric !== 'loss' || !isLast) return { verdict: 'none', words: 'no verdict: the rule is about another quantity' };
  const found = comparison.comparisons.find(({ terms }) => terms[0]?.strategy === strategy);
  return found === undefined ? { verdict: 'none', words: 'no verdict' } : standingIn(found);
}

function standingIn({ verdict, seeds, interval }: ClaimResult): Standing {
  const over = `over ${seeds.length} seeds`;
  if (interval === null) return { verdict: 'undecided', words: 'undecided: no interval' };
  if (verdict === 'better' || verdict === 'worse' || verdict === 'equivalent')
    return { verdict, words: `${verdict} ${over}` };
  return { verdict: 'undecided', words: `undecided ${over}` };
}
