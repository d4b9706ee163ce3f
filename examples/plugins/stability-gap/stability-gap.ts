import { definePlugin, z } from 'branchline';

const options = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe("Size of the subset that a version trains on, as a share of its increment's sequences."),
  by: z
    .enum(['score', 'random'])
    .default('score')
    .describe('Which sequences. score: the best sub-corpus, which needs scores. random: any.'),
  of: z
    .enum(['new', 'all'])
    .default('new')
    .describe('new: a subset of the increment. all: of every increment so far, old and new mixed as they came.'),
  epochs: z
    .number()
    .gt(0)
    .optional()
    .describe('Passes over the subset. Default: as many as cost what one pass over the increment costs.'),
});

/**
 * The recipe against the stability gap (Guo et al., ACL 2025, arXiv 2406.14833): a model that turns to new data first
 * gets worse, then recovers, and recovers sooner when it goes several times over a subset of the right size, when that
 * is the best part of the corpus, and when its mixture is near to what the model was trained on. Version 1 has no model
 * before it and is left alone.
 *
 * Says only what is trained on and for how long: `[continual(), stabilityGap()]`.
 */
export const stabilityGap = definePlugin({
  name: 'stability-gap',
  description: 'Several epochs on the best part of the data, at the cost of one pass over all of it.',
  owns: ['data', 'steps'],
  options,
  onVersion({ version, experiment, stepsOfIncrement, options: { share, by, of, epochs } }) {
    if (version.index === 1) return undefined;
    const size = Math.round(share * version.sequences);
    const known = experiment.versions.filter(({ index }) =>
      of === 'all' ? index <= version.index : index === version.index,
    );
    const total = known.reduce((sum, { sequences }) => sum + sequences, 0);
    const stepsOfEpoch = Math.max(1, Math.floor(size / experiment.batch));
    return {
      data: { use: 'subset', of, by, share: size / total },
      steps: epochs === undefined ? stepsOfIncrement : Math.max(1, Math.round(epochs * stepsOfEpoch)),
    };
  },
});
