/** Releases that rest on states of another processor. */
import { type GraphNode, makersBehind, otherProcessor, type TrainerInfo } from '@branchline/core';
import type { StrategyResult, WarningResult } from '../results/results.js';

/** The processors that trained a release and what it was made from; undefined if it was this one alone. */
export function processorsOf(trainer: TrainerInfo, release: GraphNode): readonly string[] | undefined {
  const makers = makersBehind([release]);
  if (makers.every((numerics) => numerics === trainer.numerics)) return undefined;
  const names = makers.map((numerics) =>
    numerics === trainer.numerics ? trainer.processor! : (otherProcessor(trainer, numerics) ?? numerics),
  );
  return names.sort();
}

/** Strategies that the message names; the others are counted. */
const NAMED = 3;

/** One warning about all releases that rest on states of another processor; none if there are no such releases. */
export function processorWarnings(
  strategies: readonly Pick<StrategyResult, 'name' | 'releases'>[],
): readonly WarningResult[] {
  const found = new Map<string, Set<number>>();
  const processors = new Set<string>();
  for (const { name, releases } of strategies) {
    for (const { version, processors: own = [] } of releases) {
      if (own.length === 0) continue;
      found.set(name, (found.get(name) ?? new Set()).add(version));
      for (const processor of own) processors.add(processor);
    }
  }
  if (found.size === 0) return [];
  const named = [...found].slice(0, NAMED).map(([name, versions]) => {
    const list = [...versions].sort((a, b) => a - b);
    return `"${name}" (${list.length === 1 ? 'version' : 'versions'} ${list.join(', ')})`;
  });
  const more = found.size > NAMED ? ` and ${found.size - NAMED} more` : '';
  const message = `${named.join(', ')}${more}: trained in part or whole on another processor, which --reuse-from-other-processors allowed; the weights differ in their last bits from those of a run on one. Processors: ${[...processors].sort().join('; ')}`;
  return [{ strategies: [...found.keys()], message }];
}
