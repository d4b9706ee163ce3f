import { definePlugin, z } from 'branchline';

const options = z.strictObject({
  alpha: z.number().gt(0).default(0.3).describe('Size of the extrapolation, as a share of the change by training.'),
  reach: z
    .number()
    .gt(0)
    .optional()
    .describe(
      "Distance from w0 to the release, as a share of the increment's steps. Default: the start of the version.",
    ),
});

/**
 * Model extrapolation, ExPO (Zheng et al., ACL 2025, arXiv 2404.16792): releases w1 + alpha (w1 - w0), where w1 is the
 * end of the released path and w0 the state from which it was trained. It costs no training. The authors' repository
 * recommends an alpha of 0.3 or 0.5. Version 1 starts from scratch and is released unchanged.
 */
export const expo = definePlugin({
  name: 'expo',
  description: 'Releases an extrapolation of the change by training.',
  owns: ['release.average'],
  options,
  onVersion({ version, stepsOfIncrement, options: { alpha, reach } }) {
    if (version.index === 1) return undefined;
    const before =
      reach === undefined
        ? { state: 'start' as const }
        : { stepsBack: Math.max(1, Math.round(reach * stepsOfIncrement)) };
    // The weights of an average add up to 1 and may be negative, so it can extrapolate.
    const average = [
      { stepsBack: 0, weight: 1 + alpha },
      { ...before, weight: -alpha },
    ];
    return { release: { average } };
  },
});
