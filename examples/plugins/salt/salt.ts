import { definePlugin, z } from 'branchline';

const options = z.strictObject({
  teacher: z.string().min(1).describe('Folder of the smaller model, relative to the experiment file.'),
  share: z.number().gt(0).max(1).default(0.2).describe('Share of the steps of version 1, its first ones, that distil.'),
  weight: z.number().gt(0).max(1).default(0.5).describe('Weight of the divergence from the teacher in these steps.'),
  temperature: z.number().gt(0).default(1).describe('Divides the logits of both models.'),
});

/**
 * Small-model aided large-model training, SALT (Rawat et al., arXiv 2410.18779): a model first learns the predictions
 * of a smaller one, which has learned what is easy, and then trains as usual, so that it can become better than its
 * teacher. Later versions train as usual.
 */
export const salt = definePlugin({
  name: 'salt',
  description: 'The first steps of version 1 learn from a smaller model.',
  owns: ['loss.distil'],
  options,
  onVersion({ version, stepsOfIncrement, options: { teacher, share, ...rest } }) {
    if (version.index > 1) return undefined;
    const steps = Math.max(1, Math.round(share * stepsOfIncrement));
    return { loss: { distil: { teacher: { state: 'checkpoint', from: teacher }, steps, ...rest } } };
  },
});
