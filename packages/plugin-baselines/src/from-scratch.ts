import { definePlugin, scheduleSchema, stableDecay, stagesOf, type VersionContext } from '@branchline/core';
import { z } from 'zod';
import { CURVES, idleMinimum, minRatio, RENAMED } from './schedule.js';

/** A decay whose length is a share of the newest increment's steps instead of all steps. */
const decayOfIncrement = z.strictObject({
  kind: z.literal('stable-decay').describe('Hold, then a decay at the end.'),
  decay: z.number().gt(0).max(1).describe("Share of the newest increment's steps in the decay."),
  curve: z.enum(CURVES).optional().describe("Curve of the decay. Default '1-sqrt'."),
  of: z.literal('increment').describe("The decay is a share of the newest increment's steps."),
});

const options = z
  .strictObject({
    schedule: z
      .union([...scheduleSchema.options, decayOfIncrement], {
        error: `one of ${scheduleSchema.options[0].options.join(', ')}, { kind, ... }, or a list of stages`,
      })
      .default('cosine')
      .describe('Learning rate of a version after its warm-up.'),
    minRatio,
    order: z
      .enum(['shuffled', 'arrival'])
      .default('shuffled')
      .describe('shuffled: one order over all increments. arrival: increment after increment, each in its own order.'),
  })
  .superRefine((chosen, context) => {
    const idle = countsIncrement(chosen.schedule) ? undefined : idleMinimum(stagesOf(chosen.schedule), chosen.minRatio);
    if (idle !== undefined) context.addIssue({ code: 'custom', path: ['minRatio'], message: idle });
  });

type Options = z.output<typeof options>;
type DecayOfIncrement = z.output<typeof decayOfIncrement>;

/**
 * Pre-training from scratch (PTFS in Wang et al., EMNLP 2024, arXiv 2410.04103): version i starts from fresh weights
 * and trains on all data so far. The best quality at the highest cost: T·N(N+1)/2 steps for N versions of T steps.
 *
 * With `schedule: { kind: 'stable-decay', decay, of: 'increment' }` and `order: 'arrival'` it is equivalent to path
 * switching with alpha = `decay`: every version shares its steps before the decay with all later versions, and the run
 * graph trains them once.
 */
export const fromScratch = definePlugin({
  name: 'from-scratch',
  version: '2.0.0',
  description: 'Every version starts from fresh weights and trains on all data so far.',
  owns: ['start', 'data', 'order.scope', 'steps', 'lr.warmup', 'lr.schedule', 'lr.minRatio'],
  options,
  vary: { minRatio: { from: 0, to: 0.3 } },
  renamed: { ...RENAMED, decayOf: "schedule: { kind: 'stable-decay', decay, of: 'increment' }" },

  onVersion: (context) => ({
    start: { from: 'scratch' },
    data: { use: 'all' },
    order: { scope: context.options.order === 'arrival' ? 'by-version' : undefined },
    ...rateOf(context),
  }),
});

function rateOf(context: VersionContext<Options>) {
  const { schedule, minRatio } = context.options;
  if (!countsIncrement(schedule)) return { lr: { schedule: stagesOf(schedule), minRatio } };
  // Stages are shares of the steps after the warm-up. Steps and warm-up are set here as well, so that another plugin
  // that would change the length of the decay is reported as a conflict.
  const { batch, lr, versions } = context.experiment;
  const used = versions.filter(({ index }) => index <= context.version.index);
  const steps = used.reduce((sum, { sequences }) => sum + Math.floor(sequences / batch), 0);
  const decaySteps = Math.max(1, Math.round(schedule.decay * context.stepsOfIncrement));
  const share = Math.min(1, decaySteps / Math.max(1, steps - lr.warmup));
  return { steps, lr: { warmup: lr.warmup, schedule: stableDecay(share, schedule.curve), minRatio } };
}

const countsIncrement = (schedule: Options['schedule']): schedule is DecayOfIncrement =>
  typeof schedule === 'object' && 'of' in schedule;
