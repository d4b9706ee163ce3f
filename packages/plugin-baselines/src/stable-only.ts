import { constant, definePlugin } from '@branchline/core';

/**
 * Warm-up and stable rate without decay (WSO in Yano et al., ICLR 2026, arXiv 2603.16127): one path at the peak through
 * all versions, whose state is released at the end of each. N·T steps. It is the main path of path switching, so the
 * two share every step, and the lower bound for methods that decay or average.
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
