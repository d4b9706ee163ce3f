"""A tiny Llama with its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from branchline_worker.tensors import write_tensors

CONTEXT, VOCABULARY = 8, 19

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": CONTEXT,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 50,
    "rope_scaling": None,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "mlp_bias": False,
    "attention_dropout": 0,
    "torch_dtype": "float32",
}

LAYER = {
    "self_attn.q_proj": [16, 16],
    "self_attn.k_proj": [8, 16],
    "self_attn.v_proj": [8, 16],
    "self_attn.o_proj": [16, 16],
    "mlp.gate_proj": [24, 16],
    "mlp.up_proj": [24, 16],
    "mlp.down_proj": [16, 24],
    "input_layernorm": [16],
    "post_attention_layernorm": [16],
}

SHAPES: dict[str, list[int]] = {
    "model.embed_tokens.weight": [VOCABULARY, 16],
    **{f"model.layers.{layer}.{name}.weight": shape for layer in range(2) for name, shape in LAYER.items()},
    "model.norm.weight": [16],
}

OPTIMIZER = {"name": "adamw", "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1, "clipNorm": 1}


@dataclass
class Files:
    """Files of a model and its data."""

    folder: Path
    weights: str
    shards: list[dict[str, Any]]

    def request(self, **settings: object) -> dict[str, Any]:
        """Arguments of `open`."""
        return {
            "model": {
                "config": CONFIG,
                "parameters": [{"name": name, "shape": shape} for name, shape in SHAPES.items()],
            },
            "optimizer": OPTIMIZER,
            "data": {"context": CONTEXT, "vocabulary": VOCABULARY, "files": self.shards},
            "settings": {"device": "cpu", "threads": 1, **settings},
        }


def tiny_files(folder: Path) -> Files:
    """Weights, and 30 sequences in two shards with different widths; the second begins behind other bytes."""
    random = np.random.default_rng(0)
    tokens = random.integers(0, VOCABULARY, (30, CONTEXT + 1))
    first, second = folder / "a.bin", folder / "b.bin"
    first.write_bytes(tokens[:20].astype("<u2").tobytes())
    second.write_bytes(b"\xff" * 4 + tokens[20:].astype("<u4").tobytes())
    generator = torch.Generator().manual_seed(1)
    weights = folder / "model.safetensors"
    drawn = [
        (name, torch.ones(shape) if len(shape) == 1 else 0.2 * torch.randn(shape, generator=generator))
        for name, shape in SHAPES.items()
    ]
    write_tensors(str(weights), drawn)
    shards = [
        {"path": str(first), "offset": 0, "first": 0, "count": 20, "width": 2},
        {"path": str(second), "offset": 4, "first": 20, "count": 10, "width": 4},
    ]
    return Files(folder, str(weights), shards)
