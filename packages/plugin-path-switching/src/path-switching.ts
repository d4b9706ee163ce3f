import { constant, definePlugin, scheduleSchema, stagesOf } from '@branchline/core';
import { z } from 'zod';
import { finishWarmup, placeBranch } from './branch.js';

const share = z.number().min(0).max(1);
const kept = z.boolean().optional();

const options = z
  .strictObject({
    alpha: share
      .default(0.6)
      .describe("Share of an increment's steps in each branch. 0: no branch, the main path releases."),
    schedule: scheduleSchema.optional().describe("Learning rate of a branch. Default '1-sqrt': it falls fastest."),
    minRatio: share.optional().describe("End of a branch's decay as a share of the peak. Default: the experiment's."),
    fork: share.optional().describe('Share of the increment before the branch leaves. Default 1 - alpha.'),
    carry: z
      .strictObject({
        weights: kept.describe('Weights; false draws them anew. Default true.'),
        optimizer: kept.describe('Optimizer moments; false starts them at zero. Default true.'),
        schedule: kept.describe('Learning rate; false warms up again and starts at the peak. Default true.'),
        data: kept.describe("Position in the data; false starts at the beginning of the version's data. Default true."),
        random: kept.describe("Plugins' random streams; false starts them anew. Default true."),
        plugins: kept.describe("Plugins' state; false starts it at its initial value. Default true."),
      })
      .optional()
      .describe('What a branch takes over from the main path, each part on its own.'),
  })
  .superRefine(({ alpha, fork = 0, ...branch }, context) => {
    const refuse = (option: string, message: string) => context.addIssue({ code: 'custom', path: [option], message });
    // Tolerates rounding: 0.4 + 0.6 must be accepted.
    const latest = Math.max(0, Number((1 - alpha).toFixed(9)));
    if (fork > latest + 1e-9) refuse('fork', `the branch would end after its increment; at most 1 - alpha, ${latest}`);
    if (branch.minRatio !== undefined && !stagesOf(branch.schedule ?? '1-sqrt').some(({ to }) => to === 'min')) {
      refuse('minRatio', 'changes nothing: this schedule does not decay to the minimum');
    }
    for (const [option, value] of Object.entries(branch)) {
      if (alpha === 0 && value !== undefined) refuse(option, 'changes nothing while alpha is 0: there is no branch');
    }
  });

/**
 * Learning-rate path switching (Wang et al., EMNLP 2024, arXiv 2410.04103). One main path trains at the peak rate
 * through all versions and never decays. For every version a branch leaves it, trains on the new data while its rate
 * decays fast and completely, and is released. N versions of T steps cost N·T + (N-1)·alpha·T steps: the main path
 * repeats the steps of a branch at the peak rate only when another version follows.
 */
export const pathSwitching = definePlugin({
  name: 'path-switching',
  version: '2.0.0',
  description: 'One main path at the peak rate; every release is the end of a branch that decays.',
  owns: [
    'start',
    'lr.schedule',
    'lr.minRatio',
    'forks',
    'release.path',
    'at',
    'steps',
    'lr.warmup',
    'carry.weights',
    'carry.optimizer',
    'carry.schedule',
    'carry.data',
    'carry.random',
    'carry.plugins',
  ],
  options,
  vary: { alpha: { from: 0.1, to: 0.9 }, minRatio: { from: 0, to: 0.3 } },
  renamed: { floor: 'minRatio', hold: "schedule: { kind: 'knee', hold }" },

  onVersion: ({ version, options: { alpha, minRatio } }) => ({
    start: { from: version.index === 1 ? 'scratch' : 'tip' },
    // Set here and inherited by the branch, so that a conflict with a plugin such as curriculum is reported.
    lr: { schedule: constant(), minRatio },
    forks: alpha > 0 ? ['branch'] : [],
    release: { path: alpha > 0 ? 'branch' : 'main' },
  }),

  onFork: {
    branch({ spec, options: { alpha, fork, schedule: chosen = '1-sqrt', carry } }) {
      if (alpha === 0) return undefined;
      const schedule = stagesOf(chosen);
      const place = placeBranch(alpha, fork, spec.steps);
      const { warmup } = spec.lr;
      // Within the warm-up of version 1 the main path has not reached the peak. A decay from there would release a
      // barely trained model, and step 0 has no rate to decay from. So the branch finishes the warm-up first.
      if (place.at >= warmup || carry?.schedule === false) return { ...place, lr: { schedule }, carry };
      if (place.at === 0) return { ...place, lr: { schedule, warmup }, carry: { ...carry, schedule: false } };
      return { ...place, lr: { schedule: finishWarmup(schedule, place, warmup) }, carry };
    },
  },
});
