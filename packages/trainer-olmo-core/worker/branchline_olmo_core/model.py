"""The decoder as a model of OLMo-core, and the names of its arrays there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from branchline_worker.errors import WorkerError
from olmo_core.nn.attention import AttentionBackendName
from olmo_core.nn.feed_forward import FeedForwardConfig
from olmo_core.nn.transformer import TransformerConfig

OTHER = "trainer: torch trains checkpoints of other architectures."

NAMES = {
    "model.embed_tokens": "embeddings",
    "model.norm": "lm_head.norm",
    "lm_head": "lm_head.w_out",
    "self_attn.q_proj": "attention.w_q",
    "self_attn.k_proj": "attention.w_k",
    "self_attn.v_proj": "attention.w_v",
    "self_attn.o_proj": "attention.w_out",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.up_proj": "feed_forward.w3",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "feed_forward_norm",
}
"""Stored modules and those of OLMo-core. Both rotate halves of heads, so that no array is rearranged."""

WRAPPED = re.compile(r"(_orig_mod|_checkpoint_wrapped_module)\.")
"""What compiling and checkpointing add to names."""


def config_of(values: Mapping[str, Any], attention: AttentionBackendName | None) -> TransformerConfig:
    """The config of a Llama. Raises for another architecture."""
    kind = values.get("model_type")
    if kind != "llama":
        raise WorkerError("input", f"the model is of the type {kind}, and OLMo-core trains the decoder only", OTHER)
    return TransformerConfig.llama_like(
        d_model=values["hidden_size"],
        vocab_size=values["vocab_size"],
        n_layers=values["num_hidden_layers"],
        n_heads=values["num_attention_heads"],
        n_kv_heads=values["num_key_value_heads"],
        head_dim=values["head_dim"],
        rope_theta=values["rope_theta"],
        layer_norm_eps=values["rms_norm_eps"],
        feed_forward=FeedForwardConfig(hidden_size=values["intermediate_size"], bias=False),
        tie_word_embeddings=values["tie_word_embeddings"],
        attn_backend=attention,
    )


def name_in_olmo(stored: str) -> str:
    """The name in OLMo-core of a stored array."""
    module = stored.removesuffix(".weight")
    found = re.fullmatch(r"model\.layers\.(\d+)\.(.*)", module)
    if found is None:
        return f"{NAMES[module]}.weight"
    return f"blocks.{found[1]}.{NAMES[found[2]]}.weight"


def plain(name: str) -> str:
    """The name of a parameter without what wraps its module."""
    return WRAPPED.sub("", name)
