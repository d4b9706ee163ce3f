import { constant, definePlugin, type VersionPart } from '@branchline/core';

/**
 * Warm-up and stable rate only, without any decay (WSO in Yano et al., ICLR 2026, arXiv 2603.16127): one path at the peak from the first version
 * to the last, and every release is where it stands. N·T steps. It is the main path of path switching, released as it is, so the two
 * share every step; the floor under every method that decays or averages.
 */
export const stableOnly = definePlugin({
  name: 'stable-only',
  version: '1.0.0',
  kernel: '^1',
  description: 'One path at the peak rate, never decayed; every version releases where it stands.',
  owns: ['start', 'lr.shape', 'release.path'],
  setup: () => ({
    onVersion: ({ version }): VersionPart => ({
      start: { from: version.index === 1 ? 'scratch' : 'tip' },
      lr: { shape: constant() },
      release: { path: 'main' },
    }),
  }),
});
