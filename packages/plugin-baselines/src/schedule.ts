import { constant, cosine, knee, multiStep, type Stage, stableDecay } from '@branchline/core';
import { z } from 'zod';
import { positiveShare, quoting, share, shareBelowOne } from './share.js';

const NAMES = ['cosine', 'knee', 'multi-step', 'stable-decay', 'constant'] as const;
/** Curves a decay can have. */
export const CURVES = ['1-sqrt', 'linear', 'cosine'] as const;

/** Options of a version's learning-rate schedule, which from-scratch and continual training have in common. */
export const scheduleOptions = {
  schedule: z
    .enum(NAMES, quoting('schedule', `one of ${NAMES.join(', ')}`))
    .default('cosine')
    .describe('How the learning rate moves after the warm-up.'),
  hold: shareBelowOne(
    'hold',
    'the share of the steps that knee holds the peak',
    "use schedule 'constant' to hold it to the end",
  )
    .optional()
    .describe('knee: share of the steps at the peak before the linear decay. Default 0.5.'),
  decay: positiveShare(
    'decay',
    'the share of the steps that stable-decay decays',
    "use schedule 'constant' for no decay",
  )
    .optional()
    .describe('stable-decay: share of the steps in the decay at the end. Default 0.2.'),
  curve: z
    .enum(CURVES, quoting('curve', `one of ${CURVES.join(', ')}`))
    .optional()
    .describe("stable-decay: curve of the decay. Default '1-sqrt'."),
  floor: share('floor', 'the rate at the end of the decay as a share of the peak')
    .optional()
    .describe("Where the decay ends, as a share of the peak. Default: the experiment's floor."),
};

/** The schedule as a user chose it. */
export interface ScheduleChoice {
  readonly schedule: (typeof NAMES)[number];
  readonly hold?: number | undefined;
  readonly decay?: number | undefined;
  readonly curve?: (typeof CURVES)[number] | undefined;
  readonly floor?: number | undefined;
}

const USES: Record<ScheduleChoice['schedule'], readonly (keyof ScheduleChoice)[]> = {
  cosine: ['floor'],
  knee: ['hold', 'floor'],
  'multi-step': [],
  'stable-decay': ['decay', 'curve', 'floor'],
  constant: [],
};

/** Refuses options that the chosen schedule would ignore: who writes them expects something of them. */
export function refuseIdle(choice: ScheduleChoice, refuse: (option: string, message: string) => void): void {
  for (const option of ['hold', 'decay', 'curve', 'floor'] as const) {
    if (choice[option] === undefined || USES[choice.schedule].includes(option)) continue;
    const users = NAMES.filter((name) => USES[name].includes(option));
    const why = choice.schedule === 'multi-step' && option === 'floor' ? ', which ends at 10% of the peak' : '';
    refuse(option, `changes nothing under schedule '${choice.schedule}'${why}; it belongs to ${users.join(', ')}`);
  }
}

/** Share of the steps that stable-decay decays when nothing is said: the usual length of a cooldown. */
export const DEFAULT_DECAY = 0.2;

/** The stages of a schedule. `decay` stands in for the chosen share of a stable-decay. */
export function stagesOf(choice: ScheduleChoice, decay = choice.decay ?? DEFAULT_DECAY): readonly Stage[] {
  switch (choice.schedule) {
    case 'cosine':
      return cosine();
    case 'knee':
      return knee(choice.hold);
    case 'multi-step':
      return multiStep();
    case 'stable-decay':
      return stableDecay(decay, choice.curve);
    case 'constant':
      return constant();
  }
}
