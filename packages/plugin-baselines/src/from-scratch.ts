import { definePlugin, type VersionContext, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { DEFAULT_DECAY, refuseIdle, type ScheduleChoice, scheduleOptions, stagesOf } from './schedule.js';
import { quoting } from './share.js';

const options = z
  .strictObject({
    ...scheduleOptions,
    order: z
      .enum(['shuffled', 'arrival'], quoting('order', 'one of shuffled, arrival'))
      .default('shuffled')
      .describe('shuffled: one order over all increments. arrival: increment after increment, each in its own order.'),
    decayOf: z
      .enum(['run', 'increment'], quoting('decayOf', 'one of run, increment'))
      .optional()
      .describe("stable-decay: whether `decay` is a share of all steps or of the newest increment's. Default 'run'."),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], message: `${option} ${message}` });
    refuseIdle(choice, refuse);
    if (choice.decayOf !== undefined && choice.schedule !== 'stable-decay') {
      refuse('decayOf', `changes nothing under schedule '${choice.schedule}'; it belongs to stable-decay`);
    }
  });

/**
 * Pre-training from scratch (PTFS in Wang et al., EMNLP 2024, arXiv 2410.04103): version i starts from fresh weights and trains on all
 * data so far. The best quality and the highest price: T·N(N+1)/2 steps for N versions of T steps.
 *
 * With `schedule: 'stable-decay', order: 'arrival', decayOf: 'increment'` it *is* path switching with alpha = `decay`: every
 * version shares its steps up to the decay with all later ones, and the run graph trains them once.
 */
export const fromScratch = definePlugin({
  name: 'from-scratch',
  version: '1.0.0',
  kernel: '^1',
  description: 'Every version starts from fresh weights and trains on all data so far.',
  owns: ['start', 'data', 'order.scope', 'steps', 'lr.warmup', 'lr.shape', 'lr.floor'],
  options,
  setup: (choice) => ({
    onVersion(context): VersionPart {
      return {
        start: { from: 'scratch' },
        data: { use: 'all' },
        order: { scope: choice.order === 'arrival' ? 'by-version' : undefined },
        ...(choice.decayOf === 'increment' ? decayOfIncrement(choice, context) : plain(choice)),
      };
    },
  }),
});

function plain(choice: ScheduleChoice): VersionPart {
  return { lr: { shape: stagesOf(choice), floor: choice.floor } };
}

/**
 * A decay counted in steps of the newest increment. Stages are shares of the steps after the warm-up, so the share depends on
 * both; that is why steps and warm-up are set here too, and nobody else can move the decay unnoticed.
 */
function decayOfIncrement(
  choice: ScheduleChoice,
  { experiment, version, stepsOfIncrement }: VersionContext,
): VersionPart {
  const { batch, lr, versions } = experiment;
  const used = versions.filter(({ index }) => index <= version.index);
  const steps = used.reduce((sum, { sequences }) => sum + Math.floor(sequences / batch), 0);
  const decaySteps = Math.max(1, Math.round((choice.decay ?? DEFAULT_DECAY) * stepsOfIncrement));
  const share = Math.min(1, decaySteps / Math.max(1, steps - lr.warmup));
  return { steps, lr: { warmup: lr.warmup, shape: stagesOf(choice, share), floor: choice.floor } };
}
