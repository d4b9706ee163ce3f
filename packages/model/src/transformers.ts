/** Causal language models of `transformers` that are not in the decoder family: what their checkpoint says of them. */
import { BranchlineError, type JsonValue } from '@branchline/core';
import { z } from 'zod';
import { count } from './numbers.js';
import { parameterTable, sizeOf } from './parameters.js';
import { type ModelSpec, modelSchema } from './spec.js';

const json: z.ZodType<JsonValue> = z.json();

/** Schema of a `TransformersSpec`. */
export const transformersSchema = z.strictObject({
  kind: z.literal('transformers'),
  config: z.record(z.string(), json),
  arrays: z.record(z.string(), z.array(z.int().nonnegative())),
  context: count(),
  vocabulary: count(),
});

/**
 * A causal language model of `transformers`, as a checkpoint describes it. Plain JSON; part of every state key.
 *
 * - `config`: its `config.json`, without keys that change no result;
 * - `arrays`: the shapes of its arrays, by the names in the checkpoint;
 * - `context`: tokens of a training sequence;
 * - `vocabulary`: distinct tokens.
 */
export type TransformersSpec = z.output<typeof transformersSchema>;

/** A model that a trainer can be given: a decoder, or another model of `transformers`, which has a `kind`. */
export type LanguageModelSpec = ModelSpec | TransformersSpec;

/** An array of a checkpoint. */
export interface ArrayShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Whether a model is one of `transformers` that is not in the decoder family. */
export function isTransformers<T extends object>(spec: T | TransformersSpec): spec is TransformersSpec {
  return (spec as { readonly kind?: unknown }).kind === 'transformers';
}

/** Reads the `spec` of a `ModelDescription`. Throws a ZodError if it is neither kind of model. */
export function parseSpec(spec: JsonValue): LanguageModelSpec {
  const isObject = typeof spec === 'object' && spec !== null && !Array.isArray(spec);
  return isObject && isTransformers(spec) ? transformersSchema.parse(spec) : modelSchema.parse(spec);
}

/**
 * Reads the `spec` of a `ModelDescription` for a trainer that trains the decoder family only. Throws a BranchlineError
 * (`config`) for another model of `transformers`.
 */
export function parseDecoder(spec: JsonValue, trainer: string): ModelSpec {
  const parsed = parseSpec(spec);
  if (!isTransformers(parsed)) return parsed;
  const message = `the ${trainer} trainer trains decoders of the llama family only, and this is a ${typeOf(parsed)}`;
  throw new BranchlineError('config', { configPath: 'trainer', message, remedy: 'Set trainer: torch.' });
}

/** Its architecture, as `transformers` calls it: `qwen2`. */
export const typeOf = ({ config }: Pick<TransformersSpec, 'config'>): string =>
  typeof config.model_type === 'string' ? config.model_type : 'model';

/** Arrays in the order in which every trainer stores the weights: that of the decoder, or of the names. */
export function storedArrays(spec: LanguageModelSpec): readonly ArrayShape[] {
  if (!isTransformers(spec)) return parameterTable(spec);
  const rows = Object.entries(spec.arrays).map(([name, shape]) => ({ name, shape }));
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Positions are looked up, not multiplied. */
const POSITIONS = /(^|\.)(wpe|embed_positions|position_embeddings?)\.weight$/;

/** Trainable scalars outside of the arrays with a row for each token, and of learned positions. */
export function nonEmbeddingOf(spec: TransformersSpec): number {
  const inside = storedArrays(spec).filter(
    ({ name, shape }) => !(shape.length > 1 && shape[0] === spec.vocabulary) && !POSITIONS.test(name),
  );
  return inside.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Parts of a mixture that see some of the tokens; shared experts see all. */
const EXPERT = /\.experts\./;

/**
 * FLOPs per token of a training step: `6 N` (Kaplan et al., 2020), where N is the number of weights that multiply a
 * token. An estimate, for comparing strategies:
 *
 * - N has all arrays of two or more dimensions, but no embeddings that are only looked up: of arrays with `vocabulary`
 *   rows one multiplies, that of the logits; learned positions do not.
 * - Of the experts of a mixture it has the share `num_experts_per_tok / num_experts`, if the config has both numbers
 *   under one of their usual names; else all of them, which is an upper bound.
 * - The products of attention with itself, which grow with the context, are not counted.
 */
export function transformersFlopsPerToken(spec: TransformersSpec): number {
  const rows = storedArrays(spec).filter(({ name, shape }) => shape.length > 1 && !POSITIONS.test(name));
  const ofVocabulary = rows.filter(({ shape }) => shape[0] === spec.vocabulary).map(({ shape }) => sizeOf(shape));
  const share = activeShare(spec);
  const sizes = rows.map(({ name, shape }) => (EXPERT.test(name) ? share : 1) * sizeOf(shape));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return 6 * Math.round(sum(sizes) - sum(ofVocabulary) + Math.max(0, ...ofVocabulary));
}

/** The share of its experts that a mixture gives a token to. */
function activeShare({ config }: TransformersSpec): number {
  const first = (...keys: string[]) => keys.map((key) => config[key]).find((value) => typeof value === 'number');
  const active = first('num_experts_per_tok', 'num_experts_per_token', 'moe_topk', 'moe_k', 'top_k_experts');
  const all = first('num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts');
  return active !== undefined && all !== undefined && active > 0 && active < all ? active / all : 1;
}
