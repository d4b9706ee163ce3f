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
    .describe('How sequences are chosen. score: the best scores, which the data must have. random: at random.'),
  of: z
    .enum(['new', 'all'])
    .default('new')
    .describe('new: a subset of the increment. all: of all increments so far, in their proportions.'),
  replay: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('Share of a subset of the increment that sequences of earlier versions replace. Default: none.'),
  epochs: z
    .number()
    .gt(0)
    .optional()
    .describe('Passes over the subset. Default: as many steps as one pass over the increment.'),
});

/**
 * Mitigates the stability gap (Guo et al., ACL 2025, arXiv 2406.14833): a model that starts to train on new data first
 * gets worse, then recovers. It recovers faster with several epochs on a subset of suitable size, if the subset is the
 * best part of the corpus, and if its mixture is close to the data that the model was trained on. Version 1 starts from
 * scratch and is not changed.
 *
 * Decides only the data and the number of steps; combine it with `continual`: `[continual(), stabilityGap()]`.
 */
export const stabilityGap = definePlugin({
  name: 'stability-gap',
  description: 'Several epochs on the best part of the data, at the cost of one pass over all of it.',
  owns: ['data', 'steps'],
  options,
  onVersion({ version, experiment, stepsOfIncrement, options: { share, by, of, replay, epochs } }) {
    if (version.index === 1) return undefined;
    const size = Math.round(share * version.sequences);
    const known = experiment.versions.filter(({ index }) =>
      of === 'all' ? index <= version.index : index === version.index,
    );
    const total = known.reduce((sum, { sequences }) => sum + sequences, 0);
    const stepsOfEpoch = Math.max(1, Math.floor(size / experiment.batch));
    return {
      data: { use: 'subset', of, by, share: size / total, ...(replay !== undefined && { replay }) },
      steps: epochs === undefined ? stepsOfIncrement : Math.max(1, Math.round(epochs * stepsOfEpoch)),
    };
  },
});
