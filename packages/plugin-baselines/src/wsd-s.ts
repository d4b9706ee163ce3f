import { definePlugin, stableDecay, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { CURVES, scheduleOptions } from './schedule.js';
import { positiveShare, quoting } from './share.js';

const options = z.strictObject({
  decay: positiveShare(
    'decay',
    "the share of a version's steps in its decay",
    'use stable-only to train without a decay',
  )
    .default(0.1)
    .describe("Share of a version's steps, after its warm-up, in the decay at its end."),
  curve: z
    .enum(CURVES, quoting('curve', `one of ${CURVES.join(', ')}`))
    .default('linear')
    .describe('Curve of the decay.'),
  floor: scheduleOptions.floor,
});

/**
 * WSD-S, the simplified warm-up-stable-decay (Wen et al., arXiv 2410.05192): one main branch. Every version trains at the peak, decays at
 * its end and is released there; the next one goes on from the decayed weights, at the peak again at once, without a warm-up. So decays
 * are not thrown away as in path switching: N·T steps, every token once.
 */
export const wsdS = definePlugin({
  name: 'wsd-s',
  version: '1.0.0',
  kernel: '^1',
  description: 'One path: every version decays at its end, and the next goes on from there at the peak.',
  owns: ['start', 'lr.shape', 'lr.floor', 'release.path'],
  options,
  setup: ({ decay, curve, floor }) => ({
    onVersion: ({ version }): VersionPart => ({
      // The tip and not the release: should an average be released, what was trained goes on, with its moments.
      start: { from: version.index === 1 ? 'scratch' : 'tip' },
      lr: { shape: stableDecay(decay, curve), floor },
      release: { path: 'main' },
    }),
  }),
});
