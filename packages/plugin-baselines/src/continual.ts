import { definePlugin, type Stage, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { refuseIdle, scheduleOptions, stagesOf } from './schedule.js';
import { positiveShare, quoting } from './share.js';

const options = z
  .strictObject({
    ...scheduleOptions,
    rewarm: z
      .boolean(quoting('rewarm', 'true or false'))
      .default(true)
      .describe(
        'true: every version warms up to the peak and decays again. false: a low constant rate from version 2 on.',
      ),
    rate: positiveShare('rate', 'the rate of later versions as a share of the peak', 'a rate of 0 trains nothing')
      .optional()
      .describe('rewarm false: rate of version 2 and later as a share of the peak. Default 0.1.'),
    optimizer: z
      .enum(['carry', 'reset'], quoting('optimizer', 'one of carry, reset'))
      .default('carry')
      .describe('Whether a version takes over the optimizer moments with the weights, or starts them at zero.'),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], message: `${option} ${message}` });
    refuseIdle(choice, refuse);
    if (choice.rewarm && choice.rate !== undefined) {
      refuse(
        'rate',
        'changes nothing while rewarm is true, because every version then starts at the peak; set rewarm: false',
      );
    }
  });

/**
 * Continual pre-training (CPT): version i starts from the release of version i-1 and trains on the new data alone: N·T steps, the
 * lowest price and a quality that falls behind with every version (CPT in Wang et al., EMNLP 2024, arXiv 2410.04103). With re-warming and
 * `replay` it is the strong baseline of Ibrahim et al. (arXiv 2403.08763).
 */
export const continual = definePlugin({
  name: 'continual',
  version: '1.0.0',
  kernel: '^1',
  description: "Every version starts from the previous version's release and trains on the new data.",
  owns: ['start', 'lr.warmup', 'lr.shape', 'lr.floor', 'carry.optimizer'],
  options,
  setup: (choice) => ({
    onVersion({ version, experiment }): VersionPart {
      const lr = { shape: stagesOf(choice), floor: choice.floor };
      if (version.index === 1) return { start: { from: 'scratch' }, lr };
      return {
        start: { from: 'release' },
        lr: choice.rewarm ? { ...lr, warmup: experiment.lr.warmup } : { ...lr, shape: heldAt(choice.rate ?? 0.1) },
        // Carrying is the kernel's default; only the choice against it is worth owning the field.
        carry: { optimizer: choice.optimizer === 'reset' ? false : undefined },
      };
    },
  }),
});

const heldAt = (level: number): readonly Stage[] => [{ share: 1, curve: 'constant', to: level }];
