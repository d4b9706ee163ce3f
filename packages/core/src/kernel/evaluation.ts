/** Losses of a release from the summed log-likelihoods of the parts of the evaluation set. */

import type { VersionInfo } from '../plugin/types.js';
import type { EvaluationResult } from '../trainer/trainer.js';

export interface ReleaseLosses {
  readonly loss: number;
  readonly bitsPerByte: number;
  readonly lossByDomain: Readonly<Record<string, number>>;
  readonly lossByVersion: Readonly<Record<string, number>>;
}

/** `loss`, bits per byte and losses by domain are on the held-out text of versions 1 ... `version`. */
export function summarize(
  results: readonly EvaluationResult[],
  version: number,
  versions: readonly VersionInfo[],
): ReleaseLosses {
  const seen = results.filter((result) => result.version <= version);
  const domains = [...new Set(seen.map(({ domain }) => domain))].sort();
  const bytes = seen.reduce((sum, result) => sum + result.bytes, 0);
  const nll = seen.reduce((sum, result) => sum + result.nll, 0);
  return {
    loss: meanLoss(seen),
    bitsPerByte: nll / Math.LN2 / bytes,
    lossByDomain: Object.fromEntries(
      domains.map((name) => [name, meanLoss(seen.filter(({ domain }) => domain === name))]),
    ),
    lossByVersion: Object.fromEntries(
      versions.map(({ index, name }) => [name, meanLoss(results.filter((result) => result.version === index))]),
    ),
  };
}

function meanLoss(results: readonly EvaluationResult[]): number {
  const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
  return results.reduce((sum, result) => sum + result.nll, 0) / tokens;
}
