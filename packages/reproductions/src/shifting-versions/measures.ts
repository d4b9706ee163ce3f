/** What claims of shifting versions are made of: weighted sums of losses on the text of domains. */
import type { PaperClaim } from '../paper/definition.js';

/** A weighted sum over strategies and texts. */
export type Terms = NonNullable<Extract<PaperClaim['test'], { by: 'seeds' }>['contrast']['terms']>;

/** What is measured of the last release of a strategy. */
export interface Measures {
  /** Mean loss on the text of all domains but the newest. */
  readonly past: (strategy: string, weight: number) => Terms;
  /** Loss on the text of the first domain. */
  readonly first: (strategy: string, weight: number) => Terms;
  /** Loss on the text of the newest domain. */
  readonly newest: (strategy: string, weight: number) => Terms;
  /** Loss on all text. */
  readonly all: (strategy: string, weight: number) => Terms;
  /** Losses on the text of earlier versions, less the least that an earlier release had there: their mean. */
  readonly forgetting: (strategy: string) => Terms;
}

/** By domain, which is the same as by version where versions are domains. */
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

/** What is measured of a strategy, less that of another. */
export const less = (measure: Measures['all'], strategy: string, against: string): Terms => [
  ...measure(strategy, 1),
  ...measure(against, -1),
];
