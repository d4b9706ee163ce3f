import { definePlugin, z } from 'branchline';

const options = z.strictObject({
  alpha: z
    .number()
    .gt(0)
    .default(0.3)
    .describe('How far to go in the direction of training, as a share of the way that it went.'),
  reach: z
    .number()
    .gt(0)
    .default(1)
    .describe("How many steps back training began, as a share of the increment's steps. 1: where the version began."),
});

/**
 * Model extrapolation, ExPO (Zheng et al., ACL 2025, arXiv 2404.16792): what is released is w1 + alpha (w1 - w0), where
 * w1 is the end of the path that releases and w0 the state from which it was trained. It costs no training. The
 * authors' repository calls an alpha of 0.3 or 0.5 usually good. Version 1 was trained from no model, and is released
 * as it is.
 */
export const expo = definePlugin({
  name: 'expo',
  description: 'Releases a model that goes further in the direction in which the version was trained.',
  owns: ['release.average'],
  options,
  onVersion({ version, stepsOfIncrement, options: { alpha, reach } }) {
    if (version.index === 1) return undefined;
    const stepsBack = Math.max(1, Math.round(reach * stepsOfIncrement));
    // Weights of an average add up to 1, and may be negative: that is what makes it an extrapolation.
    const average = [
      { stepsBack: 0, weight: 1 + alpha },
      { stepsBack, weight: -alpha },
    ];
    return { release: { average } };
  },
});
