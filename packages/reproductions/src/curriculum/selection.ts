/** Leaving the worst text out, against sorting it. */
import { definePlugin } from '@branchline/core';
import { continual, stableOnly } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import type { PaperStrategy, UnnamedExperiment } from '../paper/experiment.js';
import { BASELINE, CMA, type Compute, DEEPEST, LEFT_OUT, LENGTH, selectedName, selectedSortedName } from './names.js';
import { averageOver, trainingsOf } from './orders.js';
import { experimentOf, type Scale } from './scale.js';
import type { ScoredText } from './text.js';

/** Trains on the best share of the text: once, or again and again in as many steps as all of it takes. */
const selecting = (share: number, compute: Compute, domains: ScoredText['domains']) =>
  definePlugin({
    name: `best-${Math.round(100 * share)}-percent`,
    owns: ['data', 'steps'],
    onVersion: ({ stepsOfIncrement }) => ({
      data: { use: 'subset', of: 'new', by: 'score', share, domains },
      steps: compute === 'equal' ? stepsOfIncrement : undefined,
    }),
  })();

/** One version, of which the worst share is left out. */
export function selectionOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const { constant, decay } = trainingsOf(text);
  const { domains } = text;
  // With one version it trains from scratch, and leaves the choice of data to others.
  const decaying = continual({ schedule: { kind: 'stable-decay', decay: LENGTH }, minRatio: DEEPEST });
  const strategies: Record<string, PaperStrategy> = {
    [BASELINE]: decay('shuffled', LENGTH, DEEPEST),
    [CMA]: [...constant('ascending'), averageOver(scale.steps, { weights: 'ema' })],
  };
  for (const out of LEFT_OUT) {
    const share = 1 - out;
    for (const compute of ['equal', 'fewer'] as const) {
      strategies[selectedName(out, compute)] = [decaying, selecting(share, compute, domains)];
    }
    strategies[selectedSortedName(out)] = [
      stableOnly(),
      selecting(share, 'fewer', domains),
      curriculum({ order: { by: 'ascending', domains } }),
      averageOver(share * scale.steps, { weights: 'ema' }),
    ];
  }
  return { ...experimentOf(scale, text, { count: 1 }), strategies, baseline: BASELINE };
}
