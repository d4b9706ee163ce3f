import { z } from 'zod';
import { count, positive } from './numbers.js';

/** Keys that the user sets; `modelSchema` adds the vocabulary, which usually comes from the tokenizer. */
const shape = {
  layers: count().describe('Transformer blocks.'),
  width: count().describe('Width of the residual stream; a multiple of `heads`.'),
  heads: count().describe('Query heads; `width / heads`, the head size, must be even for rotary positions.'),
  kvHeads: count().optional().describe('Key and value heads, a divisor of `heads`. Default: `heads`.'),
  hidden: count()
    .optional()
    .describe('Inner width of the SwiGLU block. Default: 8/3 of `width`, rounded up to a multiple of 8.'),
  context: count().describe('Tokens of a training sequence.'),
  tieEmbeddings: z.boolean().default(true).describe('Use the token embedding as the output matrix too.'),
  ropeTheta: positive().default(10_000).describe('Base of the rotary position frequencies.'),
  normEpsilon: positive().default(1e-5).describe('Added to the mean square in RMSNorm.'),
  initStd: positive().default(0.02).describe('Standard deviation of the initial weights.'),
};

const vocabulary = count().describe('Distinct tokens.');

interface Sizes {
  layers: number;
  width: number;
  heads: number;
  kvHeads?: number | undefined;
  hidden?: number | undefined;
}

/** Constraints between keys, each reported at the key to change. */
function check(model: Sizes, context: z.core.$RefinementCtx): void {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (model.width % model.heads !== 0) {
    issue('width', `width ${model.width} is not a multiple of heads ${model.heads}`);
  } else if ((model.width / model.heads) % 2 !== 0) {
    const size = model.width / model.heads;
    issue('heads', `head size width / heads = ${size} is odd; rotary positions need an even head size`);
  }
  if (model.kvHeads !== undefined && model.heads % model.kvHeads !== 0) {
    issue('kvHeads', `kvHeads ${model.kvHeads} does not divide heads ${model.heads}`);
  }
}

/** Fills the defaults that depend on other keys. */
function complete<T extends Sizes>(model: T): T & { kvHeads: number; hidden: number } {
  return {
    ...model,
    kvHeads: model.kvHeads ?? model.heads,
    hidden: model.hidden ?? 8 * Math.ceil(Math.round((8 * model.width) / 3) / 8),
  };
}

/** Schema of `model` without the vocabulary, which the tokenizer determines. */
export const modelOptionsSchema = z.strictObject(shape).superRefine(check).transform(complete);

/** Schema of a complete model: options and vocabulary. Parsing a `ModelSpec` returns it unchanged. */
export const modelSchema = z
  .strictObject({ ...shape, vocabulary })
  .superRefine(check)
  .transform(complete);

/** `model` with all defaults filled in, without the vocabulary. */
export type ModelOptions = z.output<typeof modelOptionsSchema>;

/** Everything that determines the architecture and the initial values. Plain JSON; part of every step key. */
export type ModelSpec = z.output<typeof modelSchema>;

/** Adds the vocabulary size of a tokenizer to the options. */
export function withVocabulary(options: ModelOptions, size: number): ModelSpec {
  return modelSchema.parse({ ...options, vocabulary: size });
}

/** Size of an attention head: `width / heads`. */
export function headSize(spec: Pick<ModelSpec, 'width' | 'heads'>): number {
  return spec.width / spec.heads;
}
