"""Models of other architectures than llama, made by transformers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tiny import CONTEXT, VOCABULARY, Files
from transformers import AutoConfig, AutoModelForCausalLM

from branchline_worker.errors import WorkerError
from branchline_worker.session import Session

USUAL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.3,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}
SMALL = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": CONTEXT, "bos_token_id": 0, "eos_token_id": 0}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}

MODELS: dict[str, dict[str, Any]] = {
    "qwen2": USUAL,
    "qwen3": {**USUAL, "head_dim": 8},
    "gpt2": {**SMALL, "vocab_size": VOCABULARY},
    "gemma2": {**USUAL, "head_dim": 4, "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]},
    "olmo2": USUAL,
    "mixtral": {**USUAL, "num_local_experts": 4, "output_router_logits": True, "router_jitter_noise": 0.1},
    "qwen2_moe": {**USUAL, **EXPERTS, "shared_expert_intermediate_size": 8},
}


def made(kind: str, folder: Path, options: dict[str, Any]) -> Any:  # noqa: ANN401 - any class of models
    """A checkpoint that transformers has written, opened by transformers."""
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **options))
    with torch.no_grad():
        for parameter in model.parameters():
            # Biases of zero would hide that they are missing.
            if parameter.ndim == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return AutoModelForCausalLM.from_pretrained(folder).eval()


def request(folder: Path, files: Files, experts: dict[str, Any] | None = None, **settings: object) -> dict[str, Any]:
    """Arguments of `open` for a checkpoint. `experts`: of a mixture that is a decoder."""
    arrays = load_file(folder / "model.safetensors")
    parameters = [{"name": name, "shape": list(arrays[name].shape)} for name in sorted(arrays)]
    # As they arrive from JavaScript.
    text = re.sub(r"(\d)\.0\b(?!e)", r"\1", (folder / "config.json").read_text())
    config = json.loads(text)
    model = {"config": config, "parameters": parameters, **({"experts": experts} if experts else {})}
    return {**files.request(**settings), "model": model}


@pytest.mark.parametrize("kind", MODELS)
def test_trains_as_a_plain_loop_of_transformers(kind: str, files: Files) -> None:
    folder = files.folder / kind
    model = made(kind, folder, MODELS[kind])
    session = Session()
    opened = request(folder, files)
    assert session.check(opened["model"], CONTEXT) == {"problems": []}
    session.open(**opened)
    state = session.restore(str(folder / "model.safetensors"))["state"]
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    plain = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0}],
        lr=0.01,
        betas=(0.9, 0.95),
    )
    for ids in ([3, 21, 7], [0, 29, 11]):
        tokens = torch.from_numpy(session._data.read(ids))
        logits = model(input_ids=tokens[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        plain.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        plain.step()
        found = session.step(state, 0.01, ids)
        assert found["loss"] == pytest.approx(loss.item(), abs=1e-5)
        assert found["gradNorm"] == pytest.approx(norm.item(), rel=1e-4)
    out = files.folder / "out"
    out.mkdir()
    (out / "config.json").write_bytes((folder / "config.json").read_bytes())
    session.save(state, weights=str(out / "model.safetensors"))
    assert load_file(out / "model.safetensors").keys() == load_file(folder / "model.safetensors").keys()
    loaded, info = AutoModelForCausalLM.from_pretrained(out, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    for (name, one), other in zip(loaded.named_parameters(), model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=2e-4), name


@pytest.mark.parametrize("settings", [{}, {"checkpointing": True}, {"microBatch": 1}, {"precision": "bfloat16"}])
@pytest.mark.parametrize("kind", ["gpt2", "mixtral"])
def test_resume_is_bit_equal(kind: str, settings: dict[str, Any], files: Files) -> None:
    folder = files.folder / kind
    made(kind, folder, MODELS[kind])

    def opened() -> Session:
        session = Session()
        session.open(**request(folder, files, **settings))
        return session

    def saved(session: Session, state: int) -> tuple[bytes, bytes]:
        session.save(state, str(files.folder / "w"), str(files.folder / "o"))
        return (files.folder / "w").read_bytes(), (files.folder / "o").read_bytes()

    first = opened()
    # One token a step: most experts are given none.
    ids = [[step] for step in range(6)]
    straight = first.restore(str(folder / "model.safetensors"))["state"]
    for own in ids:
        first.step(straight, 0.01, own)
    begun = first.restore(str(folder / "model.safetensors"))["state"]
    for own in ids[:3]:
        first.step(begun, 0.01, own)
    saved(first, begun)
    second = opened()
    resumed = second.restore(str(files.folder / "w"), str(files.folder / "o"))["state"]
    for own in ids[3:]:
        second.step(resumed, 0.01, own)
    assert saved(second, resumed) == saved(first, straight)


def test_names_without_the_prefix_of_the_head_stay(files: Files) -> None:
    folder = files.folder / "gpt2"
    made("gpt2", folder, MODELS["gpt2"])
    arrays = load_file(folder / "model.safetensors")
    short = {name.removeprefix("transformer."): tensor for name, tensor in arrays.items()}
    save_file(short, folder / "model.safetensors")
    session = Session()
    session.open(**request(folder, files))
    state = session.restore(str(folder / "model.safetensors"))["state"]
    session.save(state, weights=str(files.folder / "w"))
    found = load_file(files.folder / "w")
    assert found.keys() == short.keys()
    assert all(torch.equal(found[name], short[name]) for name in short)


def problems(config: dict[str, Any], shapes: dict[str, list[int]]) -> str:
    """The messages of `check`."""
    parameters = [{"name": name, "shape": shape} for name, shape in shapes.items()]
    found = Session().check({"config": config, "parameters": parameters}, CONTEXT)["problems"]
    assert all(one["remedy"] for one in found)
    return "\n".join(str(one["message"]) for one in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: {"model_type": "gizmo"}, "of the type gizmo, which transformers .* does not know"),
        (lambda config: {"model_type": "t5"}, "t5, which is not a causal language model"),
        (lambda config: {"model_type": "bert"}, "of the type bert, an encoder"),
        (lambda config: {**config, "hidden_act": "gizmo"}, "no qwen2 that transformers can build"),
        (lambda config: {**config, "hidden_size": "wide"}, "config.json that transformers cannot read as a qwen2"),
        (
            lambda config: {**config, "num_hidden_layers": 3, "layer_types": None},
            "lacks parameters of Qwen2ForCausalLM: model.layers.2",
        ),
        (
            lambda config: {**config, "num_hidden_layers": 1, "layer_types": None},
            "arrays that Qwen2ForCausalLM does not have: .* and 9 more",
        ),
        (lambda config: {**config, "intermediate_size": 20}, r"down_proj.weight is \[16, 24\] instead of \[16, 20\]"),
        (lambda config: {**config, "max_position_embeddings": 4}, "allows 4 tokens"),
    ],
)
def test_what_does_not_fit_is_said(change: Callable[[Any], Any], message: str, files: Files) -> None:
    folder = files.folder / "qwen2"
    made("qwen2", folder, USUAL)
    config = json.loads((folder / "config.json").read_text())
    shapes = {name: list(tensor.shape) for name, tensor in load_file(folder / "model.safetensors").items()}
    assert re.search(message, problems(change(config), shapes))
    assert problems(config, shapes) == ""


def test_buffers_of_a_checkpoint_are_refused(files: Files) -> None:
    kind = "deepseek_v3"
    if not hasattr(transformers, "DeepseekV3Config"):
        pytest.skip("this transformers has no model with such buffers")
    options = {**USUAL, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1}
    sizes = {"q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4}
    folder = files.folder / kind
    made(kind, folder, {**options, **sizes, "first_k_dense_replace": 1, "moe_intermediate_size": 8})
    with pytest.raises(WorkerError, match=r"buffers, which training would not update: .*e_score_correction_bias"):
        Session().open(**request(folder, files))


def test_a_model_that_sees_later_tokens_is_refused(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = files.folder / "bert"
    torch.manual_seed(1)
    sizes = {"vocab_size": VOCABULARY, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = AutoConfig.for_model("bert", **sizes, intermediate_size=24)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    opened = request(folder, files)
    with pytest.raises(WorkerError, match="the model is of the type bert, an encoder"):
        Session().open(**opened)
    # As if the config did not say so.
    monkeypatch.setattr("branchline_worker.model.instantiate", AutoModelForCausalLM.from_config)
    with pytest.raises(WorkerError, match="not causal"):
        Session().open(**opened)
