/** Releases that are worse than guessing: their training diverged. */
import type { DataProvider, Trainer } from '@branchline/core';
import type { Results, StrategyResult, WarningResult } from '../results/results.js';

/**
 * The loss of the uniform distribution over the vocabulary, in nats per token; undefined for trainers that score no
 * text, whose losses have another scale.
 */
export function uniformLossOf(data: DataProvider, trainer: Trainer): number | undefined {
  return trainer.score === undefined ? undefined : Math.log(data.vocabulary);
}

/** Whether a loss is worse than that of the uniform distribution, or not finite, so that training diverged. */
export function hasDiverged({ data }: { readonly data: Pick<Results['data'], 'uniformLoss'> }, loss: number): boolean {
  // Not `>`, so that a loss that is not a number is found too.
  return data.uniformLoss !== undefined && !(loss <= data.uniformLoss);
}

/** Strategies that a message names; the others are counted. */
const NAMED = 3;

/** One warning about all releases that are worse than the uniform distribution; none if there are no such releases. */
export function divergedWarnings(
  strategies: readonly Pick<StrategyResult, 'name' | 'releases'>[],
  uniform: number | undefined,
): readonly WarningResult[] {
  if (uniform === undefined) return [];
  const worse = new Map<string, Set<number>>();
  for (const { name, releases } of strategies) {
    for (const { version, loss } of releases) {
      if (!hasDiverged({ data: { uniformLoss: uniform } }, loss)) continue;
      worse.set(name, (worse.get(name) ?? new Set()).add(version));
    }
  }
  if (worse.size === 0) return [];
  const named = [...worse].slice(0, NAMED).map(([name, versions]) => {
    const list = [...versions].sort((a, b) => a - b);
    return `"${name}" (${list.length === 1 ? 'version' : 'versions'} ${list.join(', ')})`;
  });
  const more = worse.size > NAMED ? ` and ${worse.size - NAMED} more` : '';
  const message = `${named.join(', ')}${more}: a loss above ${uniform.toFixed(2)}, worse than guessing every token alike; the training diverged. Lower lr.peak, or lengthen lr.warmup`;
  return [{ strategies: [...worse.keys()], message }];
}
