import { definePlugin, type Stage } from '@branchline/core';
import { z } from 'zod';
import { exponential } from './exponential.js';

const options = z
  .strictObject({
    cooldown: z
      .number()
      .min(0)
      .lt(1, { error: 'must be below 1: the constant phase must begin within version 1' })
      .default(0.3)
      .describe("Share of version 1's steps, after the warm-up, in which the rate falls from the peak to `constant`."),
    constant: z
      .number()
      .gt(0)
      .max(1)
      .default(1 / 3)
      .describe('The rate of the constant phase, as a share of the peak.'),
    anneal: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe("Share of an increment's steps in each annealing branch. 0: no branch, the constant phase releases."),
    minRatio: z
      .number()
      .gt(0, { error: 'must be above 0: an exponential never reaches 0' })
      .max(1)
      .optional()
      .describe("End of the anneal as a share of the peak. Default: the experiment's."),
  })
  .superRefine(({ minRatio, anneal, constant }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['minRatio'], message });
    if (minRatio === undefined) return;
    if (anneal === 0) refuse('changes nothing while anneal is 0: there is no branch');
    else if (minRatio > constant) refuse(`above the constant rate ${constant} from which the anneal falls`);
  });

/**
 * The infinite learning-rate schedule (Singh et al., CoLLAs 2026, arXiv 2503.02844, equation 1; proposed in Ibrahim et
 * al., arXiv 2403.08763): warm-up, cosine cooldown to a constant rate, that rate for as long as data arrives, and an
 * exponential anneal for each release. New data continues the constant phase, never an anneal, so the rate is never
 * re-warmed. With anneals over a share a of each increment, N versions cost N·T + (N-1)·a·T steps, as in path
 * switching.
 */
export const infiniteSchedule = definePlugin({
  name: 'infinite-schedule',
  version: '2.0.0',
  description: 'One path that cools down to a constant rate; every release is the end of an exponential anneal.',
  owns: ['start', 'lr.schedule', 'lr.minRatio', 'forks', 'release.path', 'at', 'steps'],
  options,
  vary: { anneal: { from: 0.05, to: 0.5 }, constant: { from: 0.2, to: 1 } },
  renamed: { floor: 'minRatio' },

  onVersion: ({ version, options: { cooldown, constant, anneal, minRatio } }) => ({
    start: { from: version.index === 1 ? 'scratch' : 'tip' },
    lr: { schedule: coolDown(version.index === 1 ? cooldown : 0, constant), minRatio },
    forks: anneal > 0 ? ['anneal'] : [],
    release: { path: anneal > 0 ? 'anneal' : 'main' },
  }),

  onFork: {
    /** The branch over the last part of the increment. It starts at the constant rate. */
    anneal({ spec, version, options: { cooldown, constant, anneal } }) {
      if (anneal === 0) return undefined;
      const steps = Math.min(spec.steps, Math.max(1, Math.round(anneal * spec.steps)));
      const at = spec.steps - steps;
      const { warmup, minRatio } = spec.lr;
      const constantFrom = version.index === 1 ? warmup + Math.round(cooldown * Math.max(0, spec.steps - warmup)) : 0;
      if (at < constantFrom) {
        throw new Error(
          `the anneal of version 1 leaves after ${at} of its ${spec.steps} steps, but the constant phase begins after ${constantFrom}; make anneal, cooldown or the warm-up shorter`,
        );
      }
      if (minRatio <= 0 || minRatio > constant) {
        throw new Error(
          `the anneal falls from ${constant} of the peak to minRatio, ${minRatio} of the peak: minRatio must be above 0 and at most that; set minRatio`,
        );
      }
      return { at, steps, lr: { schedule: exponential(steps, minRatio / constant) } };
    },
  },
});

/** From the peak to `level` over the share `cooldown` of the steps, then constant. */
function coolDown(cooldown: number, level: number): readonly Stage[] {
  const held: Stage = { share: 1 - cooldown, curve: 'constant', to: level };
  return cooldown === 0 ? [held] : [{ share: cooldown, curve: 'cosine', to: level }, held];
}
