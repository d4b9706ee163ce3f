import { definePlugin, stableDecay } from '@branchline/core';
import { z } from 'zod';
import { CURVES, minRatio } from './schedule.js';

/**
 * WSD-S, the simplified warm-up-stable-decay (Wen et al., arXiv 2410.05192): one main branch. Every version trains at
 * the peak, decays at its end and is released there. The next version starts from the decayed weights, at the peak,
 * without a warm-up. Unlike in path switching, decays are not discarded: N·T steps, every token once.
 */
export const wsdS = definePlugin({
  name: 'wsd-s',
  version: '2.0.0',
  description: 'One path: every version decays at its end, and the next starts from there at the peak.',
  owns: ['start', 'lr.schedule', 'lr.minRatio', 'release.path'],
  options: z.strictObject({
    decay: z
      .number()
      .gt(0, { error: 'must be above 0: use stable-only to train without a decay' })
      .max(1)
      .default(0.1)
      .describe("Share of a version's steps, after its warm-up, in the decay at its end."),
    curve: z.enum(CURVES).default('linear').describe('Curve of the decay.'),
    minRatio,
  }),
  vary: { decay: { from: 0.05, to: 0.5 }, minRatio: { from: 0, to: 0.3 } },
  renamed: { floor: 'minRatio' },

  onVersion: ({ version, options }) => ({
    // The tip instead of the release: if an average is released, training continues from the trained state.
    start: { from: version.index === 1 ? 'scratch' : 'tip' },
    lr: { schedule: stableDecay(options.decay, options.curve), minRatio: options.minRatio },
    release: { path: 'main' },
  }),
});
