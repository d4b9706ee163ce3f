"""Runs that are trained together are those that are trained alone, and none depends on the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from test_session import saved
from tiny import CONFIG, CONTEXT, VOCABULARY, Files
from transformers import AutoConfig, AutoModelForCausalLM

from branchline_worker.errors import WorkerError
from branchline_worker.session import Session
from branchline_worker.stack import Stacked
from branchline_worker.tensors import write_tensors

Opened = Callable[..., tuple[Session, int]]

RATES = [0.01, 0.003, 0.02]
"""One for each run. The last clips in most steps, others in some."""


def batch(run: int, step: int, rows: int = 3) -> list[int]:
    """Sequences of a step."""
    return [(7 * run + 5 * step + 3 * row) % 30 for row in range(rows)]


def together(session: Session, states: dict[int, int], step: int, rows: int = 3) -> list[dict[str, Any]]:
    """A step of runs that have a state, in one request."""
    return session.step_stack(
        [{"state": state, "rate": RATES[run], "ids": batch(run, step, rows)} for run, state in states.items()]
    )["results"]


def other_model(files: Files, kind: str, **config: object) -> tuple[dict[str, Any], str]:
    """Arguments of `open` for a model of another architecture, and a file with weights."""
    values = {"vocab_size": VOCABULARY, "pad_token_id": None, "bos_token_id": None, "eos_token_id": None, **config}
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **values))
    shapes = {name: list(one.shape) for name, one in model.named_parameters()}
    path = str(files.folder / "other.safetensors")
    write_tensors(path, [(name, one.detach()) for name, one in model.named_parameters()])
    request = files.request()
    request["model"] = {
        "config": {"model_type": kind, **values},
        "parameters": [{"name": name, "shape": shape} for name, shape in shapes.items()],
    }
    return request, path


@pytest.mark.parametrize("settings", [{}, {"microBatch": 2}, {"precision": "bfloat16"}])
def test_stacked_runs_are_those_that_are_trained_alone(opened: Opened, files: Files, settings: dict[str, Any]) -> None:
    alone, first = opened(**settings)
    stack, second = opened(stack=4, **settings)
    ones = [first, *(alone.restore(files.weights)["state"] for _ in RATES[1:])]
    runs = dict(enumerate([second, *(stack.restore(files.weights)["state"] for _ in RATES[1:])]))
    tolerance = 1e-2 if "precision" in settings else 1e-4
    for step in range(6):
        found = together(stack, runs, step)
        for run, state in enumerate(ones):
            expected = alone.step(state, RATES[run], batch(run, step))
            assert found[run]["loss"] == pytest.approx(expected["loss"], rel=tolerance)
            assert found[run]["gradNorm"] == pytest.approx(expected["gradNorm"], rel=10 * tolerance)
    for run, state in enumerate(ones):
        alone.save(state, str(files.folder / "a"))
        stack.save(runs[run], str(files.folder / "b"))
        expected_, found_ = load_file(files.folder / "a"), load_file(files.folder / "b")
        for name, tensor in expected_.items():
            assert torch.allclose(found_[name], tensor, atol=100 * tolerance * RATES[run]), (run, name)


@pytest.mark.parametrize("threads", [1, 2])
def test_bits_depend_neither_on_the_slot_nor_on_the_company(opened: Opened, files: Files, threads: int) -> None:
    session, state = opened(stack=3, threads=threads)
    for step in range(5):
        together(session, {0: state}, step)
    expected = saved(session, state, files.folder)
    losses = session.evaluate(state, [[1, 2, 3]])
    session.dispose(state)
    for places in ([0, 1, 2], [2, 1, 0], [1, 0], [2, 0]):
        runs = {run: session.restore(files.weights)["state"] for run in places}
        for step in range(5):
            # The company comes and goes, and takes other slots when it comes back.
            present = {run: one for run, one in runs.items() if run == 0 or (run + step) % 3 > 0}
            together(session, present, step)
        assert saved(session, runs[0], files.folder) == expected, places
        assert session.evaluate(runs[0], [[1, 2, 3]]) == losses
        for one in runs.values():
            session.dispose(one)


def test_more_states_than_slots_take_turns(opened: Opened, files: Files) -> None:
    session, first = opened(stack=2)
    runs = {0: first, 1: session.restore(files.weights)["state"], 2: session.restore(files.weights)["state"]}
    for step in range(4):
        for pair in ((0, 1), (2,), (1, 2), (0,)):
            together(session, {run: runs[run] for run in pair}, step)
    ends = [saved(session, state, files.folder) for state in runs.values()]
    for run, end in enumerate(ends):
        state = session.restore(files.weights)["state"]
        for step in range(4):
            # Each run takes part twice in every round.
            together(session, {run: state}, step)
            together(session, {run: state}, step)
        assert saved(session, state, files.folder) == end
        session.dispose(state)


def test_a_stacked_state_resumes_bit_for_bit(opened: Opened, files: Files) -> None:
    session, straight = opened(stack=2)
    begun = session.restore(files.weights)["state"]
    for step in range(3):
        together(session, {0: straight}, step)
        together(session, {0: begun}, step)
    weights, optimizer = files.folder / "w.safetensors", files.folder / "o.safetensors"
    session.save(begun, str(weights), str(optimizer))
    session.dispose(begun)
    resumed = session.restore(str(weights), str(optimizer))
    assert resumed["step"] == 3
    for step in range(3, 6):
        together(session, {0: straight}, step)
        together(session, {0: resumed["state"]}, step)
    assert saved(session, resumed["state"], files.folder) == saved(session, straight, files.folder)


def test_a_run_that_fails_touches_no_other(opened: Opened, files: Files) -> None:
    broken = {name: tensor * float("nan") for name, tensor in load_file(files.weights).items()}
    path = str(files.folder / "broken.safetensors")
    write_tensors(path, list(broken.items()))
    session, state = opened(stack=3)
    together(session, {0: state}, 0)
    expected = saved(session, state, files.folder)
    runs = {1: session.restore(path)["state"], 0: session.restore(files.weights)["state"]}
    steps = [
        {"state": runs[1], "rate": 0.1, "ids": batch(1, 0)},
        {"state": runs[0], "rate": RATES[0], "ids": batch(0, 0)},
        {"state": 99, "rate": 0.1, "ids": batch(1, 0)},
        {"state": runs[0], "rate": 0.1, "ids": batch(1, 0)},
        {"state": runs[1], "rate": 0.1, "ids": batch(1, 0, rows=2)},
        {"state": runs[1], "rate": 0.1, "ids": [1, 2, 30]},
    ]
    found = session.step_stack(steps)["results"]
    errors = [one.get("error", {"kind": "", "message": ""}) for one in found]
    assert [error["kind"] for error in errors] == ["diverged", "", "input", "input", "input", "input"]
    assert "step 1 at learning rate 0.1 gave loss nan" in errors[0]["message"]
    assert "disposed" in errors[2]["message"]
    assert "equal batch sizes" in errors[3]["message"]
    assert "no sequence 30" in errors[5]["message"]
    assert saved(session, runs[0], files.folder) == expected


def test_numerics_name_the_size_of_the_stack(files: Files) -> None:
    def numerics(**settings: object) -> str:
        return str(Session().open(**files.request(**settings))["numerics"])

    assert len({numerics(), numerics(stack=2), numerics(stack=3)}) == 3
    assert numerics(stack=1) == numerics()
    # Outside of the part that names the processor, which other processors may replace.
    stacked = Session().open(**files.request(stack=2))
    assert "stack" not in stacked["processor"]
    assert stacked["processor"] in stacked["numerics"]
    assert stacked["numerics"].endswith(", stacks of 2")


def test_bits_that_depend_on_the_slot_are_refused(
    opened: Opened, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, state = opened(stack=2)
    before = saved(session, state, files.folder)
    losses = session._stack._losses

    def uneven(weights: Stacked, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nll = losses(weights, inputs, targets)
        return nll * torch.tensor([1.0, 1 + 1e-6])[:, None, None]

    monkeypatch.setattr(session._stack, "_losses", uneven)
    with pytest.raises(WorkerError, match="bits depend on the place in a stack") as caught:
        together(session, {0: state}, 0)
    assert "leave out stack" in str(caught.value.remedy)
    assert saved(session, state, files.folder) == before


def test_widths_that_vector_instructions_do_not_divide_are_refused(files: Files) -> None:
    sizes = {"hidden_size": 8, "intermediate_size": 6, "num_hidden_layers": 1, "num_attention_heads": 2}
    request, weights = other_model(files, "llama", **sizes)
    request["settings"]["stack"] = 3
    session = Session()
    session.open(**request)
    runs = {run: session.restore(weights)["state"] for run in range(2)}
    before = saved(session, runs[0], files.folder)
    found = together(session, runs, 0, rows=4)
    # 4 x 8 x 6 elements are a multiple of 32, and 3 x 8 x 6 are not.
    assert "error" not in found[0]
    try:
        rest = together(session, runs, 0, rows=3)
    except WorkerError as error:
        assert "bits depend on the place in a stack" in str(error)
    else:
        # Some processors compute the rest of a vector like the others: the worker has compared, and trains.
        assert "error" not in rest[0]
    assert before != saved(session, runs[0], files.folder)


def test_a_model_that_cannot_be_stacked_is_refused_before_training(files: Files) -> None:
    request, _ = other_model(files, "bloom", hidden_size=16, n_layer=2, n_head=2)
    Session().open(**request)
    request["settings"]["stack"] = 2
    with pytest.raises(WorkerError, match="the BloomForCausalLM cannot be trained in stacks") as caught:
        Session().open(**request)
    assert caught.value.kind == "input"
    assert "Leave out stack" in str(caught.value.remedy)


def test_experts_are_stacked_too(files: Files) -> None:
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    sizes = {name: CONFIG[name] for name in names}
    request, weights = other_model(files, "mixtral", **{**sizes, "num_local_experts": 4})
    session = Session()
    session.open(**{**request, "settings": {**request["settings"], "stack": 3}})
    ends = []
    for places in ([0], [1, 0, 2]):
        runs = {run: session.restore(weights)["state"] for run in places}
        for step in range(5):
            together(session, runs, step)
        ends.append(saved(session, runs[0], files.folder))
    assert ends[0] == ends[1]


def test_a_model_with_as_many_positions_as_the_context_is_stacked(files: Files) -> None:
    request, weights = other_model(files, "gpt2", n_embd=16, n_layer=1, n_head=2, n_positions=CONTEXT)
    request["settings"]["stack"] = 2
    session = Session()
    session.open(**request)
    (found,) = together(session, {0: session.restore(weights)["state"]}, 0, rows=4)
    assert found["loss"] == pytest.approx(math.log(VOCABULARY), rel=0.1)


def test_each_way_of_training_refuses_the_other(opened: Opened) -> None:
    session, state = opened(stack=2)
    with pytest.raises(WorkerError, match="step_stack"):
        session.step(state, 0.1, [1])
    session, state = opened()
    with pytest.raises(WorkerError, match="not opened for stacks"):
        session.step_stack([{"state": state, "rate": 0.1, "ids": [1]}])
