import { type AveragePart, constant, definePlugin, stagesAlong, z } from 'branchline';

const options = z.strictObject({
  halfLife: z
    .number()
    .gt(0)
    .default(0.1)
    .describe('Age at which a checkpoint has half the weight of the newest one, as a share of all steps so far.'),
  last: z.int().min(2).default(8).describe('Number of checkpoints in an average, half a half-life apart.'),
  alpha: z
    .number()
    .gt(0)
    .optional()
    .describe('The rate is peak sqrt(alpha / (t + alpha)) after t steps. Default: it stays at the peak.'),
});

/**
 * Anytime pre-training (Meterez et al., arXiv 2602.03702): a rate that does not depend on how long training will be,
 * constant or falling like 1/sqrt(t), and an average over checkpoints whose half-life grows with the steps so far. It
 * promises the loss of a tuned cosine at any time. So an average reaches back over versions, and a release trains
 * nothing. t counts the steps after the warm-up.
 */
export const anytime = definePlugin({
  name: 'anytime',
  description: 'Averages over a share of all steps so far, at a rate that knows no end.',
  owns: ['steps', 'lr.schedule', 'carry.schedule', 'release.average'],
  options,
  vary: { halfLife: { from: 0.02, to: 0.3 } },
  onVersion({ version, experiment, stepsOfIncrement, options: { halfLife, last, alpha } }) {
    const { batch, lr, versions } = experiment;
    // Steps at the end of each version; set here, so that a plugin that would change them is reported.
    const ends = versions.map(({ index }) =>
      versions.slice(0, index).reduce((sum, { sequences }) => sum + Math.max(1, Math.floor(sequences / batch)), 0),
    );
    const end = ends[version.index - 1]!;
    const every = Math.max(1, Math.round((halfLife * end) / 2));
    const parts = Array.from({ length: last }, (_, age) => ({ at: end - age * every, weight: 2 ** (-age / 2) })).filter(
      ({ at }) => at > 0,
    );
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    const average = parts.map(({ at, weight }): AveragePart => {
      const of = ends.findIndex((one) => at <= one);
      return { state: 'path', path: 'main', version: of + 1, stepsBack: ends[of]! - at, weight: weight / total };
    });
    const release = { release: { average } };
    if (alpha === undefined) return { steps: stepsOfIncrement, lr: { schedule: constant() }, ...release };
    const begin = end - stepsOfIncrement;
    const [t, steps] = version.index === 1 ? [0, end - lr.warmup] : [begin - lr.warmup, stepsOfIncrement];
    const schedule =
      steps > 0 ? stagesAlong(steps, (r) => Math.sqrt((t + alpha) / (t + r * steps + alpha))) : constant();
    return {
      steps: stepsOfIncrement,
      lr: { schedule },
      // Levels are shares of the rate at which the version before ended.
      carry: { schedule: version.index > 1 },
      ...release,
    };
  },
});
