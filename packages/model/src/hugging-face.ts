import type { JsonValue } from '@branchline/core';
import type { Experts } from './experts.js';
import { headSize, type ModelSpec } from './spec.js';

/**
 * The `config.json` with which `transformers` loads the weights: as a `LlamaForCausalLM`, with experts as a
 * `MixtralForCausalLM`, or with multipliers as a `GraniteForCausalLM`, which is the first model with these four
 * numbers. No weight is changed for any.
 *
 * @param endOfDocument Token at which `generate()` ends a text; null if the model has none.
 */
export function huggingFaceConfig(spec: ModelSpec, endOfDocument: number | null = null): Record<string, JsonValue> {
  const { experts, multipliers } = spec;
  const [architecture, type] =
    experts !== undefined
      ? ['MixtralForCausalLM', 'mixtral']
      : multipliers !== undefined
        ? ['GraniteForCausalLM', 'granite']
        : ['LlamaForCausalLM', 'llama'];
  return {
    architectures: [architecture],
    model_type: type,
    vocab_size: spec.vocabulary,
    hidden_size: spec.width,
    intermediate_size: spec.hidden,
    num_hidden_layers: spec.layers,
    num_attention_heads: spec.heads,
    num_key_value_heads: spec.kvHeads,
    head_dim: headSize(spec),
    max_position_embeddings: spec.context,
    hidden_act: 'silu',
    rms_norm_eps: spec.normEpsilon,
    rope_theta: spec.ropeTheta,
    rope_scaling: null,
    tie_word_embeddings: spec.tieEmbeddings,
    initializer_range: spec.initStd,
    ...(experts === undefined ? { attention_bias: false, mlp_bias: false } : mixtralKeys(experts)),
    attention_dropout: 0,
    bos_token_id: null,
    eos_token_id: endOfDocument,
    pad_token_id: null,
    torch_dtype: 'float32',
    ...(multipliers !== undefined && {
      embedding_multiplier: multipliers.embedding ?? 1,
      residual_multiplier: multipliers.residual ?? 1,
      attention_multiplier: (multipliers.attention ?? 1) / Math.sqrt(headSize(spec)),
      // Logits are divided by it.
      logits_scaling: 1 / (multipliers.output ?? 1),
    }),
  };
}

/** Keys that Llama lacks. Without others of Mixtral, `transformers` adds no loss and no noise of the router. */
function mixtralKeys({ count, active }: Experts): Record<string, JsonValue> {
  return { num_local_experts: count, num_experts_per_tok: active, sliding_window: null };
}
