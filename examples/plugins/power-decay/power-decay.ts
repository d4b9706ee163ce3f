import { constant, definePlugin, stagesAlong, z } from 'branchline';

const options = z.strictObject({
  power: z
    .number()
    .gt(0)
    .default(3)
    .describe('Exponent of the decay. In theory 2b - 1 for a capacity exponent b above 1; 1 is a linear decay.'),
  alpha: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .describe("Share of an increment's steps in each branch. 1: the rate decays over the whole increment."),
});

/**
 * Decay by a power (Li et al., COLT 2026, arXiv 2602.06797): under a functional scaling law the optimal rate is
 * `peak (1 - z)^(2b - 1)`, z from 0 to 1 over the decay. For easy tasks it decays from the first step on, for hard ones
 * it stays at the highest rate and decays near the end. Here a main path stays at the peak through all versions, and
 * each release is the end of a branch with that decay, to zero.
 */
export const powerDecay = definePlugin({
  name: 'power-decay',
  description: 'Path switching whose branches decay to zero by a power.',
  owns: ['lr.schedule', 'forks', 'release.path', 'at', 'steps'],
  options,
  vary: { power: { from: 1, to: 5 }, alpha: { from: 0.1, to: 1 } },
  onVersion: () => ({ lr: { schedule: constant() }, forks: ['branch'], release: { path: 'branch' } }),
  onFork: {
    branch({ spec, options: { power, alpha } }) {
      // It leaves after the warm-up of version 1, where the rate is at its peak. Later versions have no warm-up.
      const wanted = Math.max(spec.lr.warmup, Math.round((1 - alpha) * spec.steps));
      const at = Math.min(wanted, spec.steps - 1);
      const steps = spec.steps - at;
      return { at, steps, lr: { schedule: stagesAlong(steps, (z) => (1 - z) ** power) } };
    },
  },
});
