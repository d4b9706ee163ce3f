import type { JsonValue } from '@branchline/core';
import { headSize, type ModelSpec } from './spec.js';

/**
 * The `config.json` with which `transformers` loads the weights: as a `LlamaForCausalLM`, or with multipliers as a
 * `GraniteForCausalLM`, which is the same model with these four numbers. No weight is changed for either.
 *
 * @param endOfDocument Token at which `generate()` ends a text; null if the model has none.
 */
export function huggingFaceConfig(spec: ModelSpec, endOfDocument: number | null = null): Record<string, JsonValue> {
  const { multipliers } = spec;
  return {
    architectures: [multipliers === undefined ? 'LlamaForCausalLM' : 'GraniteForCausalLM'],
    model_type: multipliers === undefined ? 'llama' : 'granite',
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
    attention_bias: false,
    mlp_bias: false,
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
