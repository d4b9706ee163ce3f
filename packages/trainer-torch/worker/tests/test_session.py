"""The rules of training, against a plain loop of torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import CONFIG, CONTEXT, Files
from transformers import LlamaConfig, LlamaForCausalLM

from branchline_worker.errors import WorkerError, as_worker_error
from branchline_worker.session import Session
from branchline_worker.tensors import write_tensors

Opened = Callable[..., tuple[Session, int]]


def saved(session: Session, state: int, folder: Path) -> tuple[bytes, bytes]:
    """The bytes of both groups."""
    weights, optimizer = folder / "w.safetensors", folder / "o.safetensors"
    session.save(state, str(weights), str(optimizer))
    return weights.read_bytes(), optimizer.read_bytes()


def test_steps_are_those_of_a_plain_loop(opened: Opened, files: Files) -> None:
    session, state = opened()
    config = {key: value for key, value in CONFIG.items() if key not in ("model_type", "torch_dtype", "architectures")}
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(load_file(files.weights), strict=False)
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    plain = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0}], betas=(0.9, 0.95)
    )
    ids = [[3, 21, 7], [0, 29, 11], [2, 2, 5]]
    shares = [None, [1.0, 3.0, 0.5], None]
    for step, (own, weights) in enumerate(zip(ids, shares, strict=True)):
        rate = 0.01 / (1 + step)
        tokens = torch.from_numpy(session._data.read(own))
        logits = model(input_ids=tokens[:, :-1]).logits
        nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
        weight = torch.tensor(weights or [1.0] * 3)
        loss = (weight * nll.view(3, CONTEXT).mean(1)).sum() / weight.sum()
        plain.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in plain.param_groups:
            group["lr"] = rate
        plain.step()
        found = session.step(state, rate, own, weights)
        assert found["loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert found["gradNorm"] == pytest.approx(norm.item(), rel=1e-5)
    session.save(state, weights=str(files.folder / "end.safetensors"))
    end = load_file(files.folder / "end.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.allclose(end[name], parameter, atol=2e-5), name


def test_parameters_have_factors(files: Files) -> None:
    embedding, norm = "model.embed_tokens.weight", "model.norm.weight"
    groups = [
        {"parameters": [embedding], "rate": 2, "weightDecay": 0.5, "epsilon": 1},
        {"parameters": [norm], "rate": 0.5, "weightDecay": 1, "epsilon": 1e6},
    ]
    request = files.request()
    session = Session()
    session.open(**{**request, "optimizer": {**request["optimizer"], "clipNorm": 0, "groups": groups}})
    state = session.restore(files.weights)["state"]
    config = {key: value for key, value in CONFIG.items() if key not in ("model_type", "torch_dtype", "architectures")}
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(load_file(files.weights), strict=False)
    own = {embedding: (0.02, 0.05, 1e-8), norm: (0.005, 0, 1e-2)}
    plain = torch.optim.AdamW(
        [
            {"params": [parameter], "lr": rate, "weight_decay": decay, "eps": epsilon}
            for name, parameter in model.named_parameters()
            for rate, decay, epsilon in [own.get(name, (0.01, 0.1 if parameter.ndim > 1 else 0, 1e-8))]
        ],
        betas=(0.9, 0.95),
    )
    for ids in [[3, 21, 7], [0, 29, 11]]:
        tokens = torch.from_numpy(session._data.read(ids))
        logits = model(input_ids=tokens[:, :-1]).logits
        plain.zero_grad()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
        plain.step()
        session.step(state, 0.01, ids)
    session.save(state, weights=str(files.folder / "end.safetensors"))
    end = load_file(files.folder / "end.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.allclose(end[name], parameter, atol=2e-5), name


def test_factors_of_unknown_parameters_are_refused(files: Files) -> None:
    request = files.request()
    groups = [{"parameters": ["model.other.weight"], "rate": 2}]
    with pytest.raises(WorkerError, match=r"model\.other\.weight has factors of the optimizer"):
        Session().open(**{**request, "optimizer": {**request["optimizer"], "groups": groups}})
    wrong = [{"rate": "x", "parameters": []}]
    with pytest.raises(WorkerError, match=r"optimizer\.groups\[0\]\.rate is 'x'"):
        Session().open(**{**request, "optimizer": {**request["optimizer"], "groups": wrong}})


def test_steps_learn_from_a_teacher(opened: Opened, files: Files) -> None:
    """The teacher is a smaller model, and the gradient that of a plain loop."""
    session, state = opened(microBatch=2)
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = {**CONFIG, **shape, "num_key_value_heads": 2, "tie_word_embeddings": False}
    torch.manual_seed(3)
    options = {key: value for key, value in config.items() if key not in ("model_type", "torch_dtype", "architectures")}
    teacher = LlamaForCausalLM(LlamaConfig(**options))
    weights = str(files.folder / "teacher.safetensors")
    arrays = [(name, 20 * tensor if tensor.ndim > 1 else tensor) for name, tensor in teacher.state_dict().items()]
    teacher.load_state_dict(dict(arrays))
    write_tensors(weights, arrays)
    shapes = [{"name": name, "shape": list(tensor.shape)} for name, tensor in arrays]
    number = session.open_teacher({"config": config, "parameters": shapes}, weights)["teacher"]

    student = {key: value for key, value in CONFIG.items() if key not in ("model_type", "torch_dtype", "architectures")}
    model = LlamaForCausalLM(LlamaConfig(**student))
    model.load_state_dict(load_file(files.weights), strict=False)
    ids, shares, weight, heat = [3, 21, 7], torch.tensor([1.0, 3.0, 0.5]), 0.4, 2.5
    tokens = torch.from_numpy(session._data.read(ids))
    logits = model(input_ids=tokens[:, :-1]).logits
    with torch.no_grad():
        wanted = torch.softmax(teacher(input_ids=tokens[:, :-1]).logits / heat, -1)
    nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none").view(3, -1)
    divergence = (wanted * (wanted.log() - torch.softmax(logits / heat, -1).log())).sum(-1)
    mixed = (1 - weight) * nll + weight * heat**2 * divergence
    ((shares[:, None] * mixed).mean(1).sum() / shares.sum()).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)

    how = {"teacher": number, "weight": weight, "temperature": heat}
    found = session.step(state, 0.01, ids, shares.tolist(), how)
    assert found["gradNorm"] == pytest.approx(norm.item(), rel=1e-5)
    plain = (shares[:, None] * nll).mean(1).sum() / shares.sum()
    assert found["loss"] == pytest.approx(plain.item(), rel=1e-5)
    session.close_teacher(number)
    with pytest.raises(WorkerError, match="this teacher was closed"):
        session.step(state, 0.01, ids, None, how)
    with pytest.raises(WorkerError, match=r"distil\.weight is missing"):
        session.step(state, 0.01, ids, None, {"teacher": number, "temperature": 1})


@pytest.mark.parametrize("settings", [{}, {"microBatch": 2}, {"checkpointing": True}, {"precision": "bfloat16"}])
def test_resume_is_bit_equal(opened: Opened, files: Files, settings: dict[str, Any]) -> None:
    session, straight = opened(**settings)
    ids = [[3 * step + row for row in range(4)] for step in range(6)]
    for own in ids:
        session.step(straight, 0.01, own)
    begun = session.restore(files.weights)["state"]
    for own in ids[:3]:
        session.step(begun, 0.01, own)
    folder = files.folder
    saved(session, begun, folder)
    other = Session()
    other.open(**files.request(**settings))
    resumed = other.restore(str(folder / "w.safetensors"), str(folder / "o.safetensors"))
    assert resumed["step"] == 3
    for own in ids[3:]:
        other.step(resumed["state"], 0.01, own)
    assert saved(other, resumed["state"], folder) == saved(session, straight, folder)


def test_options_for_memory_change_rounding_only(opened: Opened, files: Files) -> None:
    ends = []
    for settings in ({}, {"checkpointing": True}, {"microBatch": 1}, {"microBatch": 3}):
        session, state = opened(**settings)
        losses = [session.step(state, 0.01, [1, 2, 25, 4, 5], [1, 0, 2, 1, 1])["loss"] for _ in range(3)]
        ends.append((losses, saved(session, state, files.folder)))
    assert ends[0] == ends[1]
    assert ends[2][0] == pytest.approx(ends[0][0], rel=1e-6)
    assert ends[3][0] == pytest.approx(ends[0][0], rel=1e-6)


def test_two_states_do_not_affect_each_other(opened: Opened, files: Files) -> None:
    session, one = opened()
    two = session.restore(files.weights)["state"]
    alone = session.restore(files.weights)["state"]
    for step in range(3):
        session.step(one, 0.01, [step, step + 1])
        session.evaluate(one, [[1, 2]])
        session.step(two, 0.02, [step + 20])
    for step in range(3):
        session.step(alone, 0.01, [step, step + 1])
    assert saved(session, one, files.folder) == saved(session, alone, files.folder)


def test_a_diverged_step_leaves_the_state(opened: Opened, files: Files) -> None:
    session, state = opened()
    session.step(state, 1e38, [1, 2])
    before = saved(session, state, files.folder)
    with pytest.raises(WorkerError, match=r"diverged: step 2 at learning rate 0\.5") as caught:
        session.step(state, 0.5, [1, 2])
    assert caught.value.kind == "diverged"
    assert saved(session, state, files.folder) == before
    with pytest.raises(WorkerError, match="part 1"):
        session.evaluate(state, [[1]])


def test_evaluation_does_not_depend_on_the_company(opened: Opened) -> None:
    session, state = opened()
    parts = [list(range(18)), [20, 21], []]
    together = session.evaluate(state, parts)["nll"]
    assert [session.evaluate(state, [part])["nll"][0] for part in parts] == together
    assert together[2] == 0


def test_scores_and_logits_are_those_of_the_model(opened: Opened, files: Files) -> None:
    session, state = opened()
    passages = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11, 12]]
    path, out = files.folder / "p.bin", files.folder / "l.bin"
    path.write_bytes(np.array([token for own in passages for token in own], dtype="<i4").tobytes())
    scores = session.score(state, str(path), [3, 9], [1, 8])["scores"]
    path.write_bytes(np.array(passages[1][:-1], dtype="<i4").tobytes())
    session.logits(state, str(path), [8], str(out))
    logits = torch.from_numpy(np.fromfile(out, dtype="<f4").reshape(8, -1))
    expected = -torch.nn.functional.cross_entropy(logits, torch.tensor(passages[1][1:]), reduction="sum")
    assert scores[1] == pytest.approx(expected.item(), rel=1e-5)
    assert -10 < scores[0] < 0


def test_combinations_are_exact(opened: Opened, files: Files) -> None:
    session, state = opened()
    session.step(state, 0.1, [1, 2])
    other = files.folder / "other.safetensors"
    session.save(state, weights=str(other))
    made = session.combine([{"weights": files.weights, "weight": 1.25}, {"weights": str(other), "weight": -0.25}])
    assert made["step"] == 0
    out = files.folder / "sum.safetensors"
    session.save(made["state"], weights=str(out))
    one, two, found = load_file(files.weights), load_file(other), load_file(out)
    for name, tensor in found.items():
        assert torch.equal(tensor, (1.25 * one[name].double() - 0.25 * two[name].double()).float()), name


def test_exhausted_memory_is_recognized() -> None:
    error = as_worker_error(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert error.kind == "out-of-memory"
    assert "microBatch" in str(error.remedy)
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert as_worker_error(caught.value).kind == "out-of-memory"


def test_wrong_input_is_refused(opened: Opened, files: Files) -> None:
    session, state = opened()
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: session.step(state, 0.1, [30]), "there is no sequence 30"),
        (lambda: session.step(state, 0.1, []), "at least one sequence"),
        (lambda: session.step(state, 0.1, [1], [0]), "sum above 0"),
        (lambda: session.step(state, 0.1, [1], [math.nan]), "sum above 0"),
        (lambda: session.step(99, 0.1, [1]), "disposed"),
        (lambda: session.combine([]), "at least one checkpoint"),
        (lambda: session.restore(str(files.folder / "none")), "there is no file"),
        (lambda: Session().restore(files.weights), "no model was opened"),
    ]
    for call, message in cases:
        with pytest.raises(WorkerError, match=message):
            call()
    session.dispose(state)
    with pytest.raises(WorkerError, match="disposed"):
        session.evaluate(state, [[1]])


def test_a_checkpoint_of_another_model_is_refused_with_all_problems(opened: Opened, files: Files) -> None:
    session, _ = opened()
    request = files.request()
    request["model"]["parameters"][0]["shape"] = [VOCAB_OTHER, 16]
    request["model"]["config"] = {**CONFIG, "vocab_size": VOCAB_OTHER}
    session.open(**request)
    with pytest.raises(WorkerError, match=r"embed_tokens\.weight is F32 \[19, 16\], not F32 \[23, 16\]") as caught:
        session.restore(files.weights)
    assert "vocabulary" in str(caught.value.remedy)
    content = Path(files.weights).read_bytes()
    for size in (4, 100, len(content) - 1):
        Path(files.weights).write_bytes(content[:size])
        with pytest.raises(WorkerError, match="not a complete safetensors file"):
            session.restore(files.weights)


VOCAB_OTHER = 23


def test_parameters_that_transformers_does_not_have_are_refused(files: Files) -> None:
    request = files.request()
    request["model"]["parameters"][3]["name"] = "model.layers.0.self_attn.values.weight"
    with pytest.raises(WorkerError, match="lacks parameters of LlamaForCausalLM") as caught:
        Session().open(**request)
    assert "layers.0.self_attn.values.weight" in caught.value.message
    request["model"]["config"] = {**CONFIG, "model_type": "no-such-model"}
    with pytest.raises(WorkerError, match=r"no-such-model, which transformers .* does not know"):
        Session().open(**request)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_an_error_with_a_remedy(files: Files) -> None:
    with pytest.raises(WorkerError, match="device 'cuda' cannot be used") as caught:
        Session().open(**files.request(device="cuda"))
    assert "nvidia-smi" in str(caught.value.remedy)


def test_numerics_name_what_changes_bits_and_nothing_else(files: Files) -> None:
    def numerics(**settings: object) -> str:
        return str(Session().open(**files.request(**settings))["numerics"])

    plain = numerics()
    assert torch.__version__ in plain
    assert numerics(checkpointing=True) == plain
    others = [numerics(threads=2), numerics(precision="bfloat16"), numerics(microBatch=2), numerics(compile=True)]
    assert len({plain, *others}) == 5
