import { definePlugin, scheduleSchema, stagesOf } from '@branchline/core';
import { z } from 'zod';
import { idleMinimum, minRatio, RENAMED } from './schedule.js';

const options = z
  .strictObject({
    schedule: scheduleSchema.default('cosine').describe('Learning rate of a version after its warm-up.'),
    minRatio,
    rewarm: z
      .boolean()
      .default(true)
      .describe('true: every version warms up to the peak. false: a low constant rate from version 2 on.'),
    rate: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe('rewarm false: rate of version 2 and later as a share of the peak. Default 0.1.'),
    optimizer: z
      .enum(['carry', 'reset'])
      .default('carry')
      .describe('Whether a version takes over the optimizer moments with the weights, or starts them at zero.'),
  })
  .superRefine((chosen, context) => {
    const idle = idleMinimum(stagesOf(chosen.schedule), chosen.minRatio);
    if (idle !== undefined) context.addIssue({ code: 'custom', path: ['minRatio'], message: idle });
    if (chosen.rewarm && chosen.rate !== undefined) {
      const message = 'changes nothing while rewarm is true: every version then starts at the peak';
      context.addIssue({ code: 'custom', path: ['rate'], message });
    }
  });

/**
 * Continual pre-training (CPT in Wang et al., EMNLP 2024, arXiv 2410.04103): version i starts from the release of
 * version i-1 and trains only on the new data. N·T steps: the lowest cost, but quality falls behind with every version.
 * With re-warming and `replay` it is the strong baseline of Ibrahim et al. (arXiv 2403.08763).
 */
export const continual = definePlugin({
  name: 'continual',
  version: '2.0.0',
  description: "Every version starts from the previous version's release and trains on the new data.",
  owns: ['start', 'lr.warmup', 'lr.schedule', 'lr.minRatio', 'carry.optimizer'],
  options,
  vary: { minRatio: { from: 0, to: 0.3 } },
  renamed: RENAMED,

  onVersion({ version, experiment, options: { schedule: chosen, minRatio, rewarm, rate = 0.1, optimizer } }) {
    const schedule = stagesOf(chosen);
    if (version.index === 1) return { start: { from: 'scratch' }, lr: { schedule, minRatio } };
    return {
      start: { from: 'release' },
      lr: rewarm
        ? { schedule, minRatio, warmup: experiment.lr.warmup }
        : { schedule: [{ share: 1, curve: 'constant', to: rate }], minRatio },
      // Carrying is the kernel's default, so the field is owned only to reset the moments.
      carry: { optimizer: optimizer === 'reset' ? false : undefined },
    };
  },
});
