/** A learning-rate schedule as an option: a name, a kind with options, or a list of stages. */
import { z } from 'zod';
import { constant, cosine, knee, linear, multiStep, type Stage, stableDecay } from './schedule.js';

const NAMES = ['constant', 'cosine', 'linear', '1-sqrt', 'multi-step', 'knee', 'stable-decay'] as const;

const level = z.union([z.literal('min'), z.number().min(0)]);

const stage = z.strictObject({
  share: z.number().gt(0).max(1).describe('Share of the steps after the warm-up.'),
  curve: z.enum(['constant', 'linear', 'cosine', '1-sqrt']).describe('How the rate moves to `to`.'),
  to: level.describe('The rate at its end, as a share of the rate at the start; or "min".'),
});

const kneeOptions = z.strictObject({
  kind: z.literal('knee').describe('Hold, then a linear decay.'),
  hold: z.number().min(0).lt(1).default(0.5).describe('Share of the steps at the start rate before the linear decay.'),
});

const stableDecayOptions = z.strictObject({
  kind: z.literal('stable-decay').describe('Hold, then a decay at the end.'),
  decay: z.number().gt(0).max(1).default(0.2).describe('Share of the steps in the decay at the end.'),
  curve: z.enum(['1-sqrt', 'linear', 'cosine']).default('1-sqrt').describe('Curve of the decay.'),
});

const EXPECTED = `one of ${NAMES.join(', ')}, { kind: 'knee', hold }, { kind: 'stable-decay', decay, curve }, or a list of stages`;

const hasOldLevel = (input: unknown): boolean =>
  Array.isArray(input) && input.some((one: unknown) => (one as { readonly to?: unknown } | null)?.to === 'floor');

/** Validates a `ScheduleOption` and adds defaults. For option schemas written with zod. */
export const scheduleSchema = z.union(
  [
    z.enum(NAMES),
    kneeOptions,
    stableDecayOptions,
    z
      .array(stage)
      .min(1)
      .refine((stages) => Math.abs(stages.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9, {
        error: 'the shares of its stages must add up to 1',
      })
      .readonly(),
  ],
  {
    error: ({ input }) => (hasOldLevel(input) ? 'the level "floor" of a stage is called "min"' : EXPECTED),
  },
);

/**
 * A schedule as users write it. A name stands for that schedule with its defaults; `knee` and `stable-decay` have
 * options; any other schedule is a list of stages.
 */
export type ScheduleOption = z.input<typeof scheduleSchema>;

/** The stages of a schedule option. */
export function stagesOf(option: ScheduleOption): readonly Stage[] {
  if (typeof option === 'object') {
    if (!('kind' in option)) return option;
    return option.kind === 'knee' ? knee(option.hold) : stableDecay(option.decay, option.curve);
  }
  switch (option) {
    case 'constant':
      return constant();
    case 'cosine':
      return cosine();
    case 'linear':
      return linear();
    case '1-sqrt':
      return [{ share: 1, curve: '1-sqrt', to: 'min' }];
    case 'multi-step':
      return multiStep();
    case 'knee':
      return knee();
    case 'stable-decay':
      return stableDecay();
  }
}
