"""Mixtures of experts of the decoder: the load-balancing loss in the gradient, and moments by expert."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from group import Group
from safetensors.torch import load_file
from test_models import MODELS, made, request
from test_ranks import alone_with, compare, content, ended, saved
from tiny import Files

from branchline_worker.session import Session

EXPERTS = {"count": 4, "active": 2, "balance": 0.3}

BATCHES = ([3, 21, 7], [0, 29, 11], [2, 5, 8], [1, 4, 13])

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def pair() -> Iterator[Group]:
    """Two ranks."""
    yield from ended(Group(2))


@pytest.fixture
def mixture(files: Files) -> tuple[Path, Any]:
    """A checkpoint, and its model in transformers."""
    folder = files.folder / "mixtral"
    return folder, made("mixtral", folder, {**MODELS["mixtral"], "router_jitter_noise": 0.0})


def expected_gradient(model: Any, tokens: torch.Tensor, shares: torch.Tensor) -> float:  # noqa: ANN401 - any model
    """Leaves the gradient of losses and load balance in a model, and returns the loss without the balance."""
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    found = model(input_ids=inputs, output_router_logits=True)
    nll = torch.nn.functional.cross_entropy(found.logits.flatten(0, 1), targets.flatten(), reduction="none")
    loss = (nll.view(targets.shape).mean(1) * shares).sum()
    balance = 0
    for logits in found.router_logits:
        probabilities = logits.softmax(-1).view(len(tokens), -1, EXPERTS["count"])
        chosen = probabilities.topk(EXPERTS["active"], dim=-1).indices
        for row, share in enumerate(shares):
            uses = torch.bincount(chosen[row].flatten(), minlength=EXPERTS["count"]) / inputs.shape[1]
            balance += share * (uses * probabilities[row].mean(0)).sum() * EXPERTS["count"] / EXPERTS["active"]
    (loss + EXPERTS["balance"] * balance).backward()
    return float(loss.detach())


@pytest.mark.parametrize("settings", [{}, {"checkpointing": True, "microBatch": 2}])
def test_the_balance_of_each_sequence_is_in_the_gradient(
    settings: dict[str, Any], mixture: tuple[Path, Any], files: Files
) -> None:
    folder, model = mixture
    session = Session()
    session.open(**request(folder, files, EXPERTS, **settings))
    state = session.restore(str(folder / "model.safetensors"))["state"]
    weights = torch.tensor([1.0, 3.0, 0.5])
    tokens = torch.from_numpy(session._data.read(BATCHES[0]))
    loss = expected_gradient(model, tokens, weights / weights.sum())
    norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in model.parameters()])
    found = session.step(state, 0.0, BATCHES[0], weights.tolist())
    assert found["loss"] == pytest.approx(loss, abs=1e-5)
    assert found["gradNorm"] == pytest.approx(float(norm), rel=1e-4)


def test_moments_are_stored_by_expert_and_resume_bit_for_bit(mixture: tuple[Path, Any], files: Files) -> None:
    folder, _ = mixture
    asked = request(folder, files, EXPERTS)
    one, two = alone_with(asked), alone_with(asked)
    state = one("restore", weights=str(folder / "model.safetensors"))["state"]
    for ids in BATCHES[:2]:
        one("step", state=state, rate=0.01, ids=ids)
    paths = saved(one, state, files.folder, "half")
    names = load_file(paths["optimizer"]).keys()
    weights = load_file(folder / "model.safetensors").keys()
    assert names == {*(f"exp_avg.{name}" for name in weights), *(f"exp_avg_sq.{name}" for name in weights), "step"}
    resumed = two("restore", **paths)["state"]
    for ids in BATCHES[2:]:
        assert two("step", state=resumed, rate=0.01, ids=ids) == one("step", state=state, rate=0.01, ids=ids)
    assert content(saved(two, resumed, files.folder, "two")) == content(saved(one, state, files.folder, "one"))


def test_stacked_runs_take_the_steps_of_single_ones(mixture: tuple[Path, Any], files: Files) -> None:
    folder, _ = mixture
    one, several = alone_with(request(folder, files, EXPERTS)), alone_with(request(folder, files, EXPERTS, stack=2))
    weights = str(folder / "model.safetensors")
    state, *stacked = (call("restore", weights=weights)["state"] for call in (one, several, several))
    for first, second in zip(BATCHES[:2], BATCHES[2:], strict=True):
        steps = [{"state": at, "rate": 0.01, "ids": ids} for at, ids in zip(stacked, (first, second), strict=True)]
        found, _ = several("step_stack", steps=steps)["results"]
        assert found == pytest.approx(one("step", state=state, rate=0.01, ids=first), rel=1e-4)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_two_ranks_take_the_steps_of_one(pair: Group, mixture: tuple[Path, Any], files: Files) -> None:
    folder, _ = mixture
    asked = request(folder, files, EXPERTS)
    one = alone_with(asked)
    pair.answer("open", **asked)
    weights = str(folder / "model.safetensors")
    first, second = one("restore", weights=weights)["state"], pair.answer("restore", weights=weights)["state"]

    def steps(call: Call, state: int) -> list[dict[str, float]]:
        return [call("step", state=state, rate=0.01, ids=ids) for ids in BATCHES]

    compare(steps(pair.answer, second), steps(one, first), 1e-4)
    ours, theirs = saved(one, first, files.folder, "one"), saved(pair.answer, second, files.folder, "ranks")
    for call, paths in ((one, theirs), (pair.answer, ours)):
        taken = call("restore", **paths)["state"]
        assert content(saved(call, taken, files.folder, "again")) == content(paths)
    resumed = pair.answer("restore", **theirs)["state"]
    assert steps(pair.answer, resumed) == steps(pair.answer, second)
