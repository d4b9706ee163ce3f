import { constant, definePlugin, stagesOf, z } from 'branchline';

const options = z.strictObject({
  alpha: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .describe("Share of an increment's steps in a branch from which the residual is learned."),
  weight: z.number().gt(0).default(1).describe('How much of the residual a release gets.'),
  every: z
    .int()
    .min(1)
    .optional()
    .describe('Versions from one branch to the next. Default: only version 1 has a branch.'),
});

/**
 * Instruction residuals (Jindal et al., arXiv 2410.10739), for the decay of the learning rate: what a decay did to one
 * version, the difference of the decayed branch and the main path at the same text, is added to the main path of later
 * versions. The branch is trained once instead of once per version, so that releases cost nothing after the first.
 */
export const residual = definePlugin({
  name: 'residual',
  description: 'Adds the residual of one decayed branch to the main path of later versions.',
  owns: ['start', 'lr.schedule', 'forks', 'release.path', 'release.average', 'steps'],
  options,
  onVersion({ version: { index }, options: { weight, every } }) {
    const learned = every === undefined ? 1 : index - ((index - 1) % every);
    const path = { start: { from: index === 1 ? 'scratch' : 'tip' }, lr: { schedule: constant() } } as const;
    if (learned === index) return { ...path, forks: ['branch'], release: { path: 'branch' } };
    const average = [
      { stepsBack: 0, weight: 1 },
      { state: 'path', path: 'branch', version: learned, weight },
      // The main path at the end of the same increment: the branch without its decay.
      { state: 'path', path: 'main', version: learned, weight: -weight },
    ] as const;
    return { ...path, release: { path: 'main', average } };
  },
  onFork: {
    branch: ({ spec, options: { alpha } }) => ({
      steps: Math.max(1, Math.round(alpha * spec.steps)),
      lr: { schedule: stagesOf('1-sqrt') },
    }),
  },
});
