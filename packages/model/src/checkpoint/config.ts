/** Reads the `config.json` of a Hugging Face checkpoint as a model of ours. */
import type { JsonValue } from '@branchline/core';
import { type ModelSpec, modelSchema } from '../spec.js';

/** The content of a `config.json`. */
export type HuggingFaceConfig = Readonly<Record<string, JsonValue>>;

/** Context of training sequences if the user names none: more is for those who know that they want it. */
const USUAL_CONTEXT = 1024;

/** The initial values are in the checkpoint, so that this decides nothing. */
const UNUSED_INIT_STD = 0.02;

/** What is wrong with a checkpoint, and what to do. Messages follow the name of the checkpoint. */
export interface CheckpointProblem {
  readonly message: string;
  readonly remedy: string;
}

/** A model that the decoder family has, or why the family does not have it. */
export type FoundSpec = { readonly spec: ModelSpec } | { readonly problems: readonly CheckpointProblem[] };

const OTHER = 'Continue from a checkpoint of the llama architecture; docs/continue-a-checkpoint.md says what fits.';

/** For a config that contradicts itself or its weights. */
export const INCONSISTENT =
  'Its config.json was changed, or belongs to other weights: copy both again from where they were trained.';

/**
 * The model that a config describes. Llama is this family; Mistral is, without its sliding window. `context`: tokens of
 * a training sequence; default: those that the checkpoint allows, at most 1024.
 */
export function specOfHuggingFace(config: HuggingFaceConfig, context?: number): FoundSpec {
  const problems = otherArchitecture(config).map((message): CheckpointProblem => ({ message, remedy: OTHER }));
  const wrong = (message: string, remedy = INCONSISTENT) => problems.push({ message, remedy });
  const number = (key: string, fallback?: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    wrong(value === undefined ? `has no ${key}` : `has the ${key} ${JSON.stringify(value)}`);
    return Number.NaN;
  };
  const positions = number('max_position_embeddings', 2048);
  if (context !== undefined && context > positions)
    wrong(
      `allows ${positions} tokens (max_position_embeddings), and model.context is ${context}`,
      `Set model.context to at most ${positions}.`,
    );
  const heads = number('num_attention_heads');
  const width = number('hidden_size');
  const kvHeads = number('num_key_value_heads', heads);
  if (width % heads !== 0)
    wrong(`has a hidden_size of ${width}, which is not a multiple of num_attention_heads ${heads}`);
  if (heads % kvHeads !== 0)
    wrong(`has ${heads} num_attention_heads, not a multiple of num_key_value_heads ${kvHeads}`);
  const model = {
    layers: number('num_hidden_layers'),
    width,
    heads,
    kvHeads,
    hidden: number('intermediate_size'),
    context: context ?? Math.min(positions, USUAL_CONTEXT),
    vocabulary: number('vocab_size'),
    tieEmbeddings: config.tie_word_embeddings === true,
    ropeTheta: ropeOf(config).theta,
    normEpsilon: number('rms_norm_eps', 1e-6),
    initStd: UNUSED_INIT_STD,
  };
  const headSize = number('head_dim', width / heads);
  if (headSize !== width / heads)
    wrong(`has a head_dim of ${headSize}, and hidden_size / num_attention_heads is ${width / heads}`, OTHER);
  if (problems.length > 0) return { problems };
  const parsed = modelSchema.safeParse(model);
  if (parsed.success) return { spec: parsed.data };
  return {
    problems: parsed.error.issues.map(({ message }) => ({ message: `describes no model: ${message}`, remedy: OTHER })),
  };
}

/** What a config has that the family lacks. */
function otherArchitecture(config: HuggingFaceConfig): readonly string[] {
  const { model_type: type, hidden_act: activation = 'silu', sliding_window: window = null } = config;
  if (type !== 'llama' && type !== 'mistral') {
    const found = typeof type === 'string' ? `is of the type ${type}` : 'has no model_type';
    return [`${found}; the models here are those of llama, and of mistral without a sliding window`];
  }
  const problems: string[] = [];
  if (activation !== 'silu') problems.push(`has the activation ${JSON.stringify(activation)}, not silu`);
  if (config.attention_bias === true || config.mlp_bias === true) problems.push('has biases in its linear layers');
  if (type === 'mistral' && window !== null) problems.push(`has a sliding window of ${JSON.stringify(window)} tokens`);
  if ((config.quantization_config ?? null) !== null) problems.push('is quantized, and cannot be trained');
  const { kind } = ropeOf(config);
  if (kind !== 'default') problems.push(`scales rotary positions (${kind})`);
  return problems;
}

/** Rotary positions: one object in newer configs, two keys in older ones, which `transformers` reads first. */
function ropeOf(config: HuggingFaceConfig): { readonly theta: number; readonly kind: string } {
  const scaling = (config.rope_scaling ?? config.rope_parameters ?? {}) as Readonly<Record<string, JsonValue>>;
  const theta = scaling.rope_theta ?? config.rope_theta ?? 10_000;
  const kind = scaling.rope_type ?? scaling.type ?? 'default';
  return {
    theta: typeof theta === 'number' ? theta : Number.NaN,
    kind: typeof kind === 'string' ? kind : JSON.stringify(kind),
  };
}
