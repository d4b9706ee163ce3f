/** Terms of claims about shifting versions: weighted sums of losses on the text of domains. */
import type { PaperClaim } from '../paper/definition.js';

/** A weighted sum over strategies and texts. */
export type Terms = NonNullable<Extract<PaperClaim['test'], { by: 'seeds' }>['contrast']['terms']>;

/** Measures of the last release of a strategy. */
export interface Measures {
  /** Mean loss on the text of all domains but the newest. */
  readonly past: (strategy: string, weight: number) => Terms;
  /** Loss on the text of the first domain. */
  readonly first: (strategy: string, weight: number) => Terms;
  /** Loss on the text of the newest domain. */
  readonly newest: (strategy: string, weight: number) => Terms;
  /** Loss on all text. */
  readonly all: (strategy: string, weight: number) => Terms;
  /** Mean over earlier versions: loss on their text minus the lowest loss of an earlier release there. */
  readonly forgetting: (strategy: string) => Terms;
}

/** Measures by domain. This equals measures by version if versions are domains. */
export function measuresOf(domains: readonly string[]): Measures {
  const earlier = domains.slice(0, -1);
  const on = (domain: string, strategy: string, weight: number) => ({ strategy, weight, metric: { domain } });
  return {
    past: (strategy, weight) => earlier.map((domain) => on(domain, strategy, weight / earlier.length)),
    first: (strategy, weight) => [on(domains[0]!, strategy, weight)],
    newest: (strategy, weight) => [on(domains.at(-1)!, strategy, weight)],
    all: (strategy, weight) => [{ strategy, weight }],
    forgetting: (strategy) => [{ strategy, metric: 'forgetting' }],
  };
}

/** A measure of one strategy minus the same of another. */
export const less = (measure: Measures['all'], strategy: string, against: string): Terms => [
  ...measure(strategy, 1),
  ...measure(against, -1),
];
