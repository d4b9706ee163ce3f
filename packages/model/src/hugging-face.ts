import type { JsonValue } from '@branchline/core';
import { headSize, type ModelSpec } from './spec.js';

/**
 * The `config.json` with which `transformers` loads the weights as a `LlamaForCausalLM`.
 *
 * @param endOfDocument Token at which `generate()` ends a text; null if the model has none.
 */
export function huggingFaceConfig(spec: ModelSpec, endOfDocument: number | null = null): Record<string, JsonValue> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
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
  };
}
