/** Losses of a release, from summed log-likelihoods of the parts of the evaluation set. */

import type { EvaluationResult, VersionInfo } from '@branchline/core';
import type { HeldOutResult, ReleaseResult } from '../results/results.js';
import type { ValidationResult } from '../results/validation-result.js';

/** Held-out losses of one release. */
export interface ReleaseLosses extends Pick<ReleaseResult, 'loss' | 'bitsPerByte' | 'lossByDomain' | 'lossByVersion'> {
  readonly heldOut: readonly HeldOutResult[];
}

/** `loss`, `bitsPerByte` and `lossByDomain` are computed on the held-out text of versions 1 ... `version`. */
export function summarize(
  results: readonly EvaluationResult[],
  version: number,
  versions: readonly VersionInfo[],
): ReleaseLosses {
  const seen = results.filter((result) => result.version <= version);
  return {
    ...meansOf(seen),
    lossByDomain: byDomain(seen),
    lossByVersion: Object.fromEntries(
      versions.map(({ index, name }) => [name, meansOf(results.filter((result) => result.version === index)).loss]),
    ),
    heldOut: results.map((result) => ({
      version: result.version,
      domain: result.domain,
      tokens: result.tokens,
      ...meansOf([result]),
    })),
  };
}

/** Losses on a validation set, from its parts. */
export function summarizeSet(name: string, results: readonly EvaluationResult[]): ValidationResult {
  const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
  return { name, tokens, ...meansOf(results), lossByDomain: byDomain(results) };
}

function byDomain(results: readonly EvaluationResult[]): Record<string, number> {
  const domains = [...new Set(results.map(({ domain }) => domain))].sort();
  return Object.fromEntries(
    domains.map((name) => [name, meansOf(results.filter(({ domain }) => domain === name)).loss]),
  );
}

function meansOf(results: readonly EvaluationResult[]): Pick<ReleaseResult, 'loss' | 'bitsPerByte'> {
  const sum = (pick: (result: EvaluationResult) => number) => results.reduce((all, result) => all + pick(result), 0);
  const nll = sum((result) => result.nll);
  return { loss: nll / sum(({ tokens }) => tokens), bitsPerByte: nll / Math.LN2 / sum(({ bytes }) => bytes) };
}
