/** Reads the `config.json` of a Hugging Face checkpoint. */
import type { JsonValue } from '@branchline/core';
import { type ModelSpec, modelSchema } from '../spec.js';
import type { TransformersSpec } from '../transformers.js';

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

/** A model of `transformers` outside the decoder family, without its arrays, and what it has that the family lacks. */
export interface OtherModel {
  readonly other: Omit<TransformersSpec, 'arrays'>;
  readonly reasons: readonly string[];
}

/** A model of the decoder family, another model of `transformers`, or why it is no model that can be trained. */
export type FoundSpec = { readonly spec: ModelSpec } | OtherModel | { readonly problems: readonly CheckpointProblem[] };

/** For a config that contradicts itself or its weights. */
export const INCONSISTENT =
  'Its config.json was changed, or belongs to other weights: copy both again from where they were trained.';

const OTHER =
  'Continue from a checkpoint of a causal language model that transformers has; docs/continue-a-checkpoint.md says ' +
  'what fits.';

/** Keys of a config that change no result: they are about saving, loading and generating. */
const NO_RESULT: ReadonlySet<string> = new Set([
  ...['architectures', 'torch_dtype', 'dtype', '_name_or_path', 'name_or_path', 'transformers_version', 'auto_map'],
  ...['_attn_implementation', 'attn_implementation', 'use_cache', 'output_router_logits'],
]);

/** The number of positions that a model has, under the names that architectures use for it. */
const POSITIONS = ['max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length', 'n_ctx'];

/** What the user decides about a checkpoint. */
export interface CheckpointWishes {
  /** Tokens of a training sequence; default: those that the checkpoint allows, at most 1024. */
  readonly context?: number | undefined;
  /** Weight of the load-balancing loss of a mixture of experts; see `specOfHuggingFace`. */
  readonly balance?: number | undefined;
}

/**
 * The model that a config describes. Llama is the decoder family; Mistral is, without its sliding window; Mixtral is,
 * if `balance` is given; others are kept as they are.
 */
export function specOfHuggingFace(config: HuggingFaceConfig, { context, balance }: CheckpointWishes = {}): FoundSpec {
  const problems: CheckpointProblem[] = [];
  const wrong = (message: string, remedy = INCONSISTENT) => problems.push({ message, remedy });
  const number = (key: string, fallback?: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    wrong(value === undefined ? `has no ${key}` : `has the ${key} ${JSON.stringify(value)}`);
    return Number.NaN;
  };
  if ((config.quantization_config ?? null) !== null)
    wrong('is quantized, and cannot be trained', 'Continue from the checkpoint that was quantized.');
  const reasons = otherArchitecture(config, balance);
  if (balance !== undefined && (config.model_type !== 'mixtral' || reasons.length > 0))
    wrong(
      `${reasons[0] ?? 'has no experts'}, and model.balance is for mixtures of experts of the type mixtral`,
      'Leave out model.balance.',
    );
  const named = POSITIONS.find((key) => typeof config[key] === 'number') ?? POSITIONS[0]!;
  const positions = number(named, reasons.length > 0 ? Number.MAX_SAFE_INTEGER : 2048);
  if (context !== undefined && context > positions)
    wrong(
      `allows ${positions} tokens (${named}), and model.context is ${context}`,
      `Set model.context to at most ${positions}.`,
    );
  const tokens = context ?? Math.min(positions, USUAL_CONTEXT);
  const vocabulary = number('vocab_size');
  if (reasons.length > 0) {
    if (typeof config.model_type !== 'string') wrong('has no model_type');
    const architectures = Array.isArray(config.architectures) ? config.architectures : [];
    if (architectures.length > 0 && !architectures.some((name) => /CausalLM|LMHead/.test(String(name))))
      wrong(`is a ${architectures.join(', ')}, not a causal language model`, OTHER);
    if (problems.length > 0) return { problems };
    const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !NO_RESULT.has(key)));
    return { other: { kind: 'transformers', config: kept, context: tokens, vocabulary }, reasons };
  }
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
    context: tokens,
    vocabulary,
    tieEmbeddings: config.tie_word_embeddings === true,
    ropeTheta: ropeOf(config).theta,
    normEpsilon: number('rms_norm_eps', config.model_type === 'mixtral' ? 1e-5 : 1e-6),
    initStd: UNUSED_INIT_STD,
    ...(config.model_type === 'mixtral' && {
      experts: {
        count: number('num_local_experts', 8),
        active: number('num_experts_per_tok', 2),
        balance: balance!,
      },
    }),
  };
  if (problems.length > 0) return { problems };
  const parsed = modelSchema.safeParse(model);
  if (parsed.success) return { spec: parsed.data };
  return {
    problems: parsed.error.issues.map(({ message }) => ({ message: `describes no model: ${message}`, remedy: OTHER })),
  };
}

/** What a config has that the decoder family lacks. */
function otherArchitecture(config: HuggingFaceConfig, balance: number | undefined): readonly string[] {
  const { model_type: type, hidden_act: activation = 'silu', sliding_window: window = null } = config;
  if (type !== 'llama' && type !== 'mistral' && type !== 'mixtral')
    return [typeof type === 'string' ? `is of the type ${type}` : 'has no model_type'];
  const reasons: string[] = [];
  // It is trained as it is kept, by another trainer.
  if (type === 'mixtral' && balance === undefined) reasons.push('is of the type mixtral');
  if (type === 'mixtral' && config.num_experts_per_tok === 1) reasons.push('gives a token to one expert only');
  if (activation !== 'silu') reasons.push(`has the activation ${JSON.stringify(activation)}, not silu`);
  if (config.attention_bias === true || config.mlp_bias === true) reasons.push('has biases in its linear layers');
  if (type !== 'llama' && window !== null) reasons.push(`has a sliding window of ${JSON.stringify(window)} tokens`);
  const { kind } = ropeOf(config);
  if (kind !== 'default') reasons.push(`scales rotary positions (${kind})`);
  const { head_dim: head, hidden_size: width, num_attention_heads: heads } = config;
  if (typeof head === 'number' && typeof width === 'number' && typeof heads === 'number' && head !== width / heads)
    reasons.push(`has a head_dim of ${head}, and hidden_size / num_attention_heads is ${width / heads}`);
  return reasons;
}

/** Rotary positions: one object in newer configs, two keys in older ones, which `transformers` reads first. */
function ropeOf(config: HuggingFaceConfig): { readonly theta: number; readonly kind: string } {
  const scaling = (config.rope_scaling ?? config.rope_parameters ?? {}) as Readonly<Record<string, JsonValue>>;
  const theta = scaling.rope_theta ?? config.rope_theta ?? (config.model_type === 'mixtral' ? 1e6 : 10_000);
  const kind = scaling.rope_type ?? scaling.type ?? 'default';
  return {
    theta: typeof theta === 'number' ? theta : Number.NaN,
    kind: typeof kind === 'string' ? kind : JSON.stringify(kind),
  };
}
