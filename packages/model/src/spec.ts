import { z } from 'zod';
import { type Experts, expertsSchema } from './experts.js';
import { count, positive } from './numbers.js';

const multipliers = z.strictObject({
  embedding: positive().optional().describe('Of the embedding of a token, before the first layer.'),
  residual: positive().optional().describe('Of what each branch of a layer, attention or SwiGLU, adds to the stream.'),
  attention: positive().optional().describe('Of the scores of attention, on top of 1 / sqrt(head size).'),
  output: positive().optional().describe('Of the logits.'),
});

const init = z.strictObject({
  embedding: positive().optional().describe('Of the token embedding.'),
  hidden: positive().optional().describe('Of matrices that read the residual stream: queries, keys, values, gate, up.'),
  residual: positive()
    .optional()
    .describe('Of matrices that write into the residual stream. Default: `initStd / sqrt(2 * layers)`.'),
  output: positive().optional().describe('Of the output matrix, if `tieEmbeddings` is false.'),
});

/** Factors in the forward pass; 1 where absent. */
export type Multipliers = z.output<typeof multipliers>;

/** Standard deviations of initial weights that are not the default. */
export type InitialStds = z.output<typeof init>;

/** Keys that the user sets; `modelSchema` adds the vocabulary, which usually comes from the tokenizer. */
const shape = {
  layers: count().describe('Transformer blocks.'),
  width: count().describe('Width of the residual stream; a multiple of `heads`.'),
  heads: count().describe('Query heads; `width / heads`, the head size, must be even for rotary positions.'),
  kvHeads: count().optional().describe('Key and value heads, a divisor of `heads`. Default: `heads`.'),
  hidden: count()
    .optional()
    .describe(
      'Inner width of the SwiGLU block, or of each expert. Default: 8/3 of `width`, rounded up to a multiple of 8.',
    ),
  experts: expertsSchema.optional().describe('A mixture of experts in each layer. Default: one SwiGLU block.'),
  context: count().describe('Tokens of a training sequence.'),
  tieEmbeddings: z.boolean().default(true).describe('Use the token embedding as the output matrix too.'),
  ropeTheta: positive().default(10_000).describe('Base of the rotary position frequencies.'),
  normEpsilon: positive().default(1e-5).describe('Added to the mean square in RMSNorm.'),
  initStd: positive().default(0.02).describe('Standard deviation of the initial weights.'),
  init: init.optional().describe('Standard deviations of kinds of weights, where they differ from `initStd`.'),
  multipliers: multipliers
    .optional()
    .describe('Factors in the forward pass that keep activations alike at every width and depth. Default: all 1.'),
};

const vocabulary = count().describe('Distinct tokens.');

interface Sizes {
  layers: number;
  width: number;
  heads: number;
  kvHeads?: number | undefined;
  hidden?: number | undefined;
  tieEmbeddings: boolean;
  initStd: number;
  init?: InitialStds | undefined;
  multipliers?: Multipliers | undefined;
  experts?: Experts | undefined;
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
  if (model.experts !== undefined && entriesWhere(model.multipliers ?? {}, (value) => value !== 1) !== undefined)
    issue('multipliers', 'transformers has no Mixtral with multipliers; leave them out, or leave experts out');
  if (model.tieEmbeddings && model.init?.output !== undefined) {
    const message = 'the output matrix is the embedding; set tieEmbeddings to false, or leave init.output out';
    context.addIssue({ code: 'custom', path: ['init', 'output'], message });
  }
}

/** The default standard deviation of a kind of weights. `residual` is that of GPT-2; see `initialize`. */
function defaultStd(kind: keyof InitialStds, { initStd, layers }: Pick<Sizes, 'initStd' | 'layers'>): number {
  return kind === 'residual' ? initStd / Math.sqrt(2 * layers) : initStd;
}

/** The standard deviation that a kind of weights is drawn with. */
export function initialStd(
  kind: keyof InitialStds,
  spec: Pick<Sizes, 'initStd' | 'layers'> & { readonly init?: InitialStds | undefined },
): number {
  return spec.init?.[kind] ?? defaultStd(kind, spec);
}

/**
 * Fills the defaults that depend on other keys, and drops multipliers of 1 and standard deviations that are the
 * default: what changes no bit must be in no key.
 */
function complete<T extends Sizes>({ init: stds = {}, multipliers: factors = {}, experts, ...model }: T) {
  const own = entriesWhere(stds, (value, kind) => value !== defaultStd(kind, model));
  const scaled = entriesWhere(factors, (value) => value !== 1);
  return {
    ...model,
    kvHeads: model.kvHeads ?? model.heads,
    hidden: model.hidden ?? 8 * Math.ceil(Math.round((8 * model.width) / 3) / 8),
    ...(experts && { experts }),
    ...(own && { init: own }),
    ...(scaled && { multipliers: scaled }),
  };
}

/** The entries that have a value which differs; undefined if there is none. */
function entriesWhere<Key extends string>(
  values: Readonly<Partial<Record<Key, number>>>,
  differs: (value: number, key: Key) => boolean,
): Partial<Record<Key, number>> | undefined {
  const entries = Object.entries(values) as [Key, number | undefined][];
  const kept = entries.filter(([key, value]) => value !== undefined && differs(value, key));
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as Partial<Record<Key, number>>);
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
