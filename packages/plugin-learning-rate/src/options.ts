import { messageOf } from '@branchline/core';
import { z } from 'zod';
import { parseFit, readFit } from './fit/file.js';
import { LAW_NAMES, PUBLISHED_LAWS } from './laws/published.js';

const above = z.number().positive();
const share = z.number().min(0).max(1);

/** A path, or the content of the file. Its output is the law. */
const fit = z
  .union([z.string().min(1), z.record(z.string(), z.unknown())], {
    error: 'write the path of a file of branchline lr fit, or its content',
  })
  .transform((value, context) => {
    try {
      return typeof value === 'string' ? readFit(value) : parseFit(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });

const from = z.strictObject({
  rate: above.describe('Its peak rate, the best one that is known.'),
  parameters: above.describe('Its trainable scalars, without the embedding and the output matrix.'),
  tokens: above.describe('Tokens that it was trained on.'),
  batch: above.describe('Its tokens per step.'),
  cooldown: share.describe('Share of its steps, at the end, in which the rate decayed.'),
});

/** Options of the plugin. */
export const options = z
  .strictObject({
    fit: fit
      .optional()
      .describe('A fit: the file that branchline lr fit --out wrote, relative to the experiment file, or its content.'),
    from: from.optional().describe('One good run, from which a published law leads to this one.'),
    law: z
      .enum(LAW_NAMES)
      .optional()
      .describe(`With from: the published law, ${LAW_NAMES.map((name) => `${name} (${sourceOf(name)})`).join('; ')}.`),
    cooldown: share
      .optional()
      .describe('Share of the steps before a release in which the rate decays. Default: that of the fit or the run.'),
    tokens: above
      .optional()
      .describe(
        'Tokens that the rate of every version is for. Default: those of all versions so far, for each its own.',
      ),
    extrapolate: z
      .boolean()
      .default(false)
      .describe('Whether to use a law outside of the sizes, tokens, batch and cooldown that it was fitted on.'),
  })
  .superRefine((chosen, context) => {
    const refuse = (option: string, message: string) => context.addIssue({ code: 'custom', path: [option], message });
    if (chosen.fit === undefined && chosen.from === undefined) {
      refuse('fit', "give fit: './fit.json', which branchline lr fit writes, or from and law");
    }
    if (chosen.fit !== undefined && chosen.from !== undefined) refuse('from', 'cannot be given together with fit');
    if (chosen.from !== undefined && chosen.law === undefined)
      refuse('law', 'say which law leads from that run to this');
    if (chosen.from === undefined && chosen.law !== undefined) refuse('law', 'changes nothing without from');
    if (chosen.fit?.law === null) refuse('fit', 'has no law: no best rate was found inside of its grid');
  });

/** Options after the check. */
export type Options = z.output<typeof options>;

function sourceOf(name: (typeof LAW_NAMES)[number]): string {
  return PUBLISHED_LAWS[name].source.split(',')[0]!;
}
