import { inspect } from 'node:util';
import { z } from 'zod';
import { SCHEDULES } from './branch.js';

/** An error that quotes what was written and says what the option takes. */
const quoting = (option: string, takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${option} is ${inspect(input)}: ${takes}`,
});

const share = (option: string, what: string) => {
  const error = quoting(option, `a number from 0 to 1, ${what}`);
  return z.number(error).min(0, error).max(1, error);
};

const hold = quoting(
  'hold',
  'a number from 0 to below 1, the share of the branch that knee holds the peak, because a branch must decay',
);
const flag = (option: string, what: string) =>
  z.boolean(quoting(option, 'true or false')).optional().describe(`${what} Default true.`);

/** Tells of options that belong to the branch, which alpha 0 has not. */
const OF_THE_BRANCH = ['schedule', 'hold', 'floor', 'fork', 'carry'] as const;

/** Options of path switching. */
export const options = z
  .strictObject({
    alpha: share('alpha', "the share of an increment's steps in each branch")
      .default(0.6)
      .describe("Share of an increment's steps in each branch. 0: no branch, the main path itself releases."),
    schedule: z
      .enum(SCHEDULES, quoting('schedule', `one of ${SCHEDULES.join(', ')}`))
      .optional()
      .describe("Learning rate of a branch. Default '1-sqrt': it falls fastest, and to the floor."),
    hold: z
      .number(hold)
      .min(0, hold)
      .lt(1, hold)
      .optional()
      .describe('knee: share of the branch at the peak before the linear decay. Default 0.5.'),
    floor: share('floor', 'the rate at the end of a branch as a share of the peak')
      .optional()
      .describe("Where the branch's rate ends, as a share of the peak. Default: the experiment's floor."),
    fork: share('fork', 'the share of the increment before the branch leaves')
      .optional()
      .describe(
        'Share of the increment before the branch leaves the main path. Default 1 - alpha: it ends with the increment.',
      ),
    carry: z
      .strictObject({
        weights: flag('weights', 'Weights; false draws them anew.'),
        optimizer: flag('optimizer', 'Optimizer moments; false starts them at zero.'),
        schedule: flag('schedule', 'Learning rate; false warms up again and starts at the peak.'),
        data: flag('data', "Data position; false starts at the beginning of the version's data."),
        random: flag('random', "Plugins' random streams; false starts them anew."),
        plugins: flag('plugins', "Plugins' state; false starts it at its initial value."),
      })
      .optional()
      .describe('What a branch takes over from the main path, each part on its own.'),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], message: `${option} ${message}` });
    if (choice.alpha === 0) {
      for (const option of OF_THE_BRANCH) {
        if (choice[option] !== undefined) refuse(option, 'changes nothing while alpha is 0: there is no branch');
      }
      return;
    }
    if (choice.hold !== undefined && choice.schedule !== 'knee') {
      refuse('hold', `changes nothing under schedule '${choice.schedule ?? '1-sqrt'}'; it belongs to knee`);
    }
    if (choice.floor !== undefined && choice.schedule === 'multi-step') {
      refuse('floor', "changes nothing under schedule 'multi-step', which ends at 10% of the peak");
    }
    // Shares are typed in decimals: 0.4 + 0.6 must not fail by the last bit.
    if (choice.fork !== undefined && choice.fork + choice.alpha > 1 + 1e-9) {
      refuse(
        'fork',
        `is ${choice.fork} and alpha ${choice.alpha}: the branch would end behind its increment; fork is at most ${Number((1 - choice.alpha).toFixed(9))}`,
      );
    }
  });

/** Options after validation. */
export type Options = z.output<typeof options>;
