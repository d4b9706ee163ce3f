import { constant, definePlugin } from '@branchline/core';

/**
 * Warm-up and stable rate only, without any decay (WSO in Yano et al., ICLR 2026, arXiv 2603.16127): one path at the
 * peak from the first version to the last, and every release is its state by then. N·T steps. It is the main path of
 * path switching, released as it is, so the two share every step; the lower bound for every method that decays or
 * averages.
 */
export const stableOnly = definePlugin({
  name: 'stable-only',
  version: '2.0.0',
  description: 'One path at the peak rate, never decayed; every version releases its state.',
  owns: ['start', 'lr.schedule', 'release.path'],

  onVersion: ({ version }) => ({
    start: { from: version.index === 1 ? 'scratch' : 'tip' },
    lr: { schedule: constant() },
    release: { path: 'main' },
  }),
});
