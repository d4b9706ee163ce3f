"""Training, checkpoints and kinds of parallelism, on ranks that exchange by gloo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from group import Group
from safetensors.torch import load_file
from tiny import CONFIG, SHAPES, Files, tiny_files

Paths = tuple[str, str]

RATES = [0.01, 0.02, 0.005, 0.01, 0.0, 0.01]

WEIGHTS = [1, 3, 0.5, 2, 1]


def restored(group: Group, files: Files, paths: Paths | None = None, **settings: object) -> int:
    """A state of initial weights, or of a checkpoint, of a model that is opened first."""
    group.answer("open", **files.request(**settings))
    weights, optimizer = paths or (files.weights, None)
    found = group.answer("restore", weights=weights, **({"optimizer": optimizer} if optimizer else {}))
    return int(found["state"])


def trained(group: Group, state: int, steps: Sequence[int]) -> list[float]:
    """Losses of steps of five sequences, a number that ranks cannot share equally."""
    return [
        group.answer("step", state=state, rate=RATES[at], ids=[5 * at % 20 + one for one in range(5)], weights=WEIGHTS)[
            "loss"
        ]
        for at in steps
    ]


def saved(group: Group, state: int, folder: Path, name: str) -> Paths:
    """Files of a state."""
    weights, optimizer = str(folder / f"{name}.weights"), str(folder / f"{name}.optimizer")
    group.answer("save", state=state, weights=weights, optimizer=optimizer)
    return weights, optimizer


def difference(one: Paths, two: Paths) -> float:
    """The largest difference of arrays of two checkpoints."""
    found = 0.0
    for own, other in zip(map(load_file, one), map(load_file, two), strict=True):
        assert list(own) == list(other)
        found = max([found, *(float((own[name].double() - other[name].double()).abs().max()) for name in own)])
    return found


def contents(paths: Paths) -> list[bytes]:
    """The bytes of files."""
    return [Path(one).read_bytes() for one in paths]


@pytest.fixture(scope="module")
def straight(one: Group, files: Files, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[float], Paths]:
    """Losses and files of six steps of one rank."""
    state = restored(one, files)
    losses = trained(one, state, range(6))
    return losses, saved(one, state, tmp_path_factory.mktemp("straight"), "one")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"microBatch": 1},
        {"trainModule": {"dp_config": {"name": "ddp"}}},
        {"trainModule": {"dp_config": {"name": "hsdp", "num_replicas": 2}, "ac_config": {"mode": "full"}}},
        {"trainModule": {"tp_config": {"degree": 2}}},
        {"trainModule": {"cp_config": {"degree": 2, "uly": {}}}},
    ],
)
def test_two_ranks_train_as_one_whatever_is_divided(
    two: Group, files: Files, straight: tuple[list[float], Paths], tmp_path: Path, settings: dict[str, Any]
) -> None:
    state = restored(two, files, **settings)
    losses, paths = straight
    assert trained(two, state, range(6)) == pytest.approx(losses, abs=2e-6)
    assert difference(saved(two, state, tmp_path, "two"), paths) < 1e-5
    ids = [[20, 21, 22], [23]]
    found = two.answer("evaluate", state=state, parts=ids)["nll"]
    assert sum(found) == pytest.approx(sum(two.answer("evaluate", state=state, parts=[[20, 21, 22, 23]])["nll"]))
    passages = tmp_path / "passages"
    torch.tensor([1, 2, 3, 4, 5], dtype=torch.int32).numpy().tofile(passages)
    scores = two.answer("score", state=state, file=str(passages), lengths=[3, 2], scored=[2, 1])["scores"]
    assert len(scores) == 2
    assert scores[0] < 0 > scores[1]


def test_a_new_process_continues_bit_for_bit_and_another_number_of_ranks_closely(
    one: Group, two: Group, fresh: Group, files: Files, tmp_path: Path
) -> None:
    state = restored(two, files)
    trained(two, state, range(3))
    half = saved(two, state, tmp_path, "half")
    losses = trained(two, state, range(3, 6))
    end = saved(two, state, tmp_path, "end")
    resumed = restored(fresh, files, half)
    assert trained(fresh, resumed, range(3, 6)) == losses
    assert contents(saved(fresh, resumed, tmp_path, "resumed")) == contents(end)
    alone = restored(one, files, half)
    assert trained(one, alone, range(3, 6)) == pytest.approx(losses, abs=2e-6)
    assert difference(saved(one, alone, tmp_path, "alone"), end) < 1e-5


def test_states_of_a_model_are_independent(two: Group, files: Files, tmp_path: Path) -> None:
    first = restored(two, files)
    trained(two, first, range(2))
    paths = saved(two, first, tmp_path, "first")
    second = int(two.answer("restore", weights=paths[0], optimizer=paths[1])["state"])
    losses = trained(two, first, [2])
    # What an evaluation leaves in the memory of the model belongs to another state.
    two.answer("evaluate", state=first, parts=[[1, 2]])
    assert trained(two, second, [2]) == losses
    two.answer("dispose", state=first)
    assert contents(saved(two, second, tmp_path, "again"))
    mixed = two.answer(
        "combine", parts=[{"weights": paths[0], "weight": 0.5}, {"weights": files.weights, "weight": 0.5}]
    )
    both = saved(two, int(mixed["state"]), tmp_path, "mixed")
    own, other = load_file(paths[0]), load_file(files.weights)
    for name, array in load_file(both[0]).items():
        assert torch.equal(array, (0.5 * own[name].double() + 0.5 * other[name].double()).float())


def test_a_step_that_diverges_leaves_the_state(two: Group, files: Files, tmp_path: Path) -> None:
    state = restored(two, files)
    before = contents(saved(two, state, tmp_path, "before"))
    broken = load_file(files.weights)
    broken["model.norm.weight"][3] = float("nan")
    from branchline_worker.tensors import write_tensors

    write_tensors(str(tmp_path / "broken"), list(broken.items()))
    bad = int(two.answer("restore", weights=str(tmp_path / "broken"))["state"])
    answer = two.send("step", state=bad, rate=0.01, ids=[1, 2])
    assert answer is not None
    assert answer["error"]["kind"] == "diverged"
    assert "the model diverged: step 1" in answer["error"]["message"]
    assert contents(saved(two, state, tmp_path, "after")) == before


@pytest.mark.parametrize(
    ("settings", "message", "remedy"),
    [
        ({"trainModule": {"tp_config": {"degree": 2, "foo": 1}}}, "trainModule.tp_config.foo is no option", "degree"),
        ({"trainModule": {"dp_config": {"name": "zero3"}}}, "trainModule.dp_config.name: 'zero3' is not", ""),
        ({"trainModule": {"tp_config": {}}}, "trainModule.tp_config lacks 'degree'", ""),
        ({"trainModule": {"ac_config": {"mode": "selected_blocks"}}}, "'block_interval' is required", ""),
        ({"trainModule": {"tp_config": {"degree": 3}}}, "processes: 2 is not a multiple of 3 (tensor 3)", ""),
        ({"trainModule": {"ep_config": {"degree": 2}}}, "the model is dense", ""),
        ({"trainModule": {"pp_config": {"degree": 2}}}, "set precision to 'bfloat16'; trainModule.pp_config", ""),
        ({"attention": "flash_9"}, "attention: OLMo-core has no backend 'flash_9'", "flash_2"),
        ({"attention": "flash_2"}, "attention: ", "Leave out attention"),
        ({"device": "cuda"}, "device 'cuda' cannot be used", ""),
    ],
)
def test_what_cannot_be_trained_is_refused_with_place_and_remedy(
    two: Group, files: Files, settings: dict[str, Any], message: str, remedy: str
) -> None:
    answer = two.send("open", **files.request(**settings))
    assert answer is not None
    error = answer["error"]
    assert error["kind"] in ("input", "environment")
    assert message in error["message"]
    assert remedy in str(error["remedy"])


def test_stages_of_a_pipeline_train_as_one_model(fresh: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIG, "tie_word_embeddings", False)
    monkeypatch.setitem(SHAPES, "lm_head.weight", SHAPES["model.embed_tokens.weight"])
    files = tiny_files(tmp_path)
    whole = restored(fresh, files, precision="bfloat16")
    losses = trained(fresh, whole, range(6))
    paths = saved(fresh, whole, tmp_path, "whole")
    stages = {"pp_config": {"degree": 2, "split_points": [0, 1, 2]}}
    state = restored(fresh, files, precision="bfloat16", trainModule=stages)
    assert trained(fresh, state, range(6)) == pytest.approx(losses, abs=0.02)
    own = saved(fresh, state, tmp_path, "stages")
    # AdamW can turn a small difference of a gradient into a step the other way.
    assert difference(own, paths) < 2 * sum(RATES)
    again = restored(fresh, files, own, precision="bfloat16", trainModule=stages)
    assert contents(saved(fresh, again, tmp_path, "again")) == contents(own)
