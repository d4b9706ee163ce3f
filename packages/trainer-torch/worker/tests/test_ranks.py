"""Several processes that train one model, against one process, by gloo on the CPU."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from group import LONGEST, ROOT, Group
from test_models import MODELS, made, request
from tiny import SHAPES, Files

from branchline_worker import PROTOCOL
from branchline_worker.device import gpu_of
from branchline_worker.errors import WorkerError
from branchline_worker.frames import read_frame, write_frame
from branchline_worker.ranks import part_of
from branchline_worker.session import Session
from branchline_worker.sharding import rows_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

STEPS = 30

IDS = [[(7 * step + 3 * row) % 30 for row in range(5)] for step in range(STEPS)]
"""Batches that neither 2 nor 4 ranks can divide evenly."""

WEIGHTS = [[1, 0.5, 2, 0, 1] if step % 3 == 0 else None for step in range(STEPS)]

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def pair() -> Iterator[Group]:
    """Two ranks."""
    yield from ended(Group(2))


@pytest.fixture(scope="module")
def four() -> Iterator[Group]:
    """Four ranks."""
    yield from ended(Group(4))


def ended(group: Group) -> Iterator[Group]:
    """Ends a group after its tests."""
    yield group
    group.end()
    assert group.has_ended()


def alone(files: Files, **settings: object) -> Call:
    """One process."""
    return alone_with(files.request(**settings))


def alone_with(request: dict[str, Any]) -> Call:
    """One process that opens a model."""
    session = Session()
    session.open(**request)
    return lambda method, **params: getattr(session, method)(**params)


def train(call: Call, state: int, steps: range) -> list[dict[str, float]]:
    """Metrics of steps."""
    found = []
    for step in steps:
        weights = {} if WEIGHTS[step] is None else {"weights": WEIGHTS[step]}
        found.append(call("step", state=state, rate=0.01 * (1 - step / STEPS), ids=IDS[step], **weights))
    return found


def compare(found: list[dict[str, float]], expected: list[dict[str, float]], tolerance: float) -> None:
    """Norms vary more than losses."""
    for name, factor in (("loss", 1), ("gradNorm", 10)):
        values = [one[name] for one in expected]
        assert [one[name] for one in found] == pytest.approx(values, rel=factor * tolerance)


def saved(call: Call, state: int, folder: Path, name: str) -> dict[str, Any]:
    """Paths of the files of a state."""
    paths = {"weights": str(folder / f"{name}-w"), "optimizer": str(folder / f"{name}-o")}
    call("save", state=state, **paths)
    return paths


def content(paths: dict[str, Any]) -> list[bytes]:
    """The bytes of both files."""
    return [Path(path).read_bytes() for path in paths.values()]


def agree(group: Group, files: Files, tolerance: float = 1e-5, **settings: object) -> None:
    """
    Several ranks take the steps of one, and both continue each other's states; each resumes its own bit for bit.
    """
    one = alone(files, **settings)
    group.answer("open", **files.request(**settings))
    folder, half = files.folder, STEPS // 2
    first = one("restore", weights=files.weights)["state"]
    second = group.answer("restore", weights=files.weights)["state"]
    start = content(saved(one, first, folder, "start"))
    assert content(saved(group.answer, second, folder, "start-of-ranks")) == start

    losses = train(one, first, range(half))
    compare(train(group.answer, second, range(half)), losses, tolerance)
    ours = saved(one, first, folder, "one")
    theirs = saved(group.answer, second, folder, "ranks")
    # Nothing is lost on the way through the other.
    for call, paths in ((one, theirs), (group.answer, ours)):
        taken = call("restore", **paths)
        assert taken["step"] == half
        assert content(saved(call, taken["state"], folder, "again")) == content(paths)

    rest = train(one, first, range(half, STEPS))
    straight = train(group.answer, second, range(half, STEPS))
    compare(straight, rest, tolerance)
    assert rest[-1]["loss"] < 0.9 * losses[0]["loss"]
    resumed = group.answer("restore", **theirs)["state"]
    assert train(group.answer, resumed, range(half, STEPS)) == straight
    end = content(saved(group.answer, second, folder, "end"))
    assert content(saved(group.answer, resumed, folder, "end-of-resumed")) == end
    crossed = group.answer("restore", **ours)["state"]
    compare(train(group.answer, crossed, range(half, STEPS)), rest, tolerance)

    # Evaluation of the same weights.
    same = one("restore", weights=theirs["weights"])["state"]
    of_ranks = group.answer("restore", weights=theirs["weights"])["state"]
    parts = [list(range(29)), [1, 2], []]
    found = group.answer("evaluate", state=of_ranks, parts=parts)["nll"]
    assert found == pytest.approx(one("evaluate", state=same, parts=parts)["nll"], rel=tolerance)
    passages = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11, 12], [5, 5]] * 13
    path = folder / "p.bin"
    path.write_bytes(np.array([token for own in passages for token in own], dtype="<i4").tobytes())
    asked = {"file": str(path), "lengths": [3, 9, 2] * 13, "scored": [1, 8, 1] * 13}
    scores = group.answer("score", state=of_ranks, **asked)["scores"]
    assert scores == pytest.approx(one("score", state=same, **asked)["scores"], rel=tolerance, abs=tolerance)
    mixture = [{"weights": ours["weights"], "weight": 1.25}, {"weights": theirs["weights"], "weight": -0.25}]
    ends = []
    for call, name in ((one, "sum"), (group.answer, "sum-of-ranks")):
        state = call("combine", parts=mixture)["state"]
        ends.append(content(saved(call, state, folder, name)))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({"microBatch": 2, "checkpointing": True}, 1e-5),
        ({"precision": "bfloat16", "checkpointing": True}, 2e-2),
    ],
)
def test_two_ranks_are_one(pair: Group, files: Files, settings: dict[str, Any], tolerance: float) -> None:
    agree(pair, files, tolerance, **settings)


def test_four_ranks_are_one(four: Group, files: Files) -> None:
    agree(four, files)
    # A batch with fewer sequences than ranks.
    one = alone(files)
    state = one("restore", weights=files.weights)["state"]
    of_ranks = four.answer("restore", weights=files.weights)["state"]
    found = four.answer("step", state=of_ranks, rate=0.01, ids=[3])
    assert found == pytest.approx(one("step", state=state, rate=0.01, ids=[3]), rel=1e-5)


@pytest.mark.parametrize("kind", ["gpt2", "mixtral"])
def test_other_architectures(pair: Group, files: Files, kind: str) -> None:
    folder = files.folder / kind
    made(kind, folder, MODELS[kind])
    asked = request(folder, files)
    session = Session()
    session.open(**asked)
    pair.answer("open", **asked)
    weights = str(folder / "model.safetensors")
    one, two = session.restore(weights)["state"], pair.answer("restore", weights=weights)["state"]
    for ids in ([3, 21, 7], [0, 29, 11], [2]):
        assert pair.answer("step", state=two, rate=0.01, ids=ids) == pytest.approx(
            session.step(one, 0.01, ids), rel=1e-4
        )
    paths = saved(pair.answer, two, files.folder, "ranks")
    taken = session.restore(**paths)["state"]
    again = saved(lambda method, **params: getattr(session, method)(**params), taken, files.folder, "again")
    assert content(again) == content(paths)


def test_wrong_input_and_a_pressed_key_end_no_rank(pair: Group, files: Files) -> None:
    for pid in (pair.launcher, *pair.pids):
        # What a terminal sends to all of them: the parent decides when to stop.
        os.kill(pid, signal.SIGINT)
    pair.answer("open", **files.request())
    state = pair.answer("restore", weights=files.weights)["state"]
    (files.folder / "folder").mkdir()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"method": "step", "rate": 0.1, "ids": [1, 99]}, "rank 1 of 2: there is no sequence 99 in the token files"),
        ({"method": "step", "rate": 0.1, "ids": []}, "a step needs at least one sequence"),
        ({"method": "save", "weights": str(files.folder / "folder")}, "rank 0 of 2: IsADirectoryError"),
        ({"method": "step", "rate": 1e38, "ids": [1]}, ""),
        ({"method": "step", "rate": 0.1, "ids": [1]}, "the model diverged: step 2 at learning rate 0.1"),
    ]
    for asked, message in cases:
        found = pair.send(asked.pop("method"), state=state, **asked)
        assert found is not None
        assert found.get("error", {"message": ""})["message"].startswith(message)
    again = pair.answer("restore", weights=files.weights)["state"]
    assert pair.answer("step", state=again, rate=0.1, ids=[1])["loss"] > 0


def test_stacks_are_refused_and_end_no_rank(pair: Group, files: Files) -> None:
    pair.answer("open", **files.request())
    state = pair.answer("restore", weights=files.weights)["state"]
    step: dict[str, Any] = {"state": state, "rate": 0.1, "ids": [1, 2]}
    refused = pair.send("step_stack", steps=[step])
    assert refused is not None
    assert "not opened for stacks" in refused["error"]["message"]
    assert pair.answer("step", **step)["loss"] > 0
    opened = pair.send("open", **files.request(stack=2))
    assert opened is not None
    assert opened["error"] == {
        "kind": "input",
        "message": "several processes train no stacks",
        "remedy": "Leave out stack, or processes.",
    }
    without_model = pair.send("step_stack", steps=[step])
    assert without_model is not None
    assert without_model["error"]["message"] == "no model was opened"
    pair.answer("open", **files.request())


def test_a_killed_rank_is_named_and_ends_the_others(four: Group, files: Files) -> None:
    four.answer("open", **files.request())
    state = four.answer("restore", weights=files.weights)["state"]
    os.kill(four.pids[2], signal.SIGKILL)
    found = four.send("step", state=state, rate=0.1, ids=[1, 2])
    assert found is not None
    assert found["id"] is None
    assert found["error"]["kind"] == "dead"
    assert found["error"]["message"] == f"rank 2 of 4 (process {four.pids[2]}) was killed by SIGKILL"
    assert "microBatch" in found["error"]["remedy"]
    assert four.has_ended()


def test_exhausted_memory_of_a_rank_is_named(pair: Group, files: Files) -> None:
    pair.answer("open", **files.request())
    state = pair.answer("restore", weights=files.weights)["state"]
    used = int(Path(f"/proc/{pair.pids[1]}/statm").read_text().split()[0]) * resource.getpagesize()
    # Enough to read the batch, and not to compute on it.
    limit = used + (20 << 20)
    resource.prlimit(pair.pids[1], resource.RLIMIT_AS, (limit, limit))
    found = pair.send("step", state=state, rate=0.1, ids=list(range(30)) * 800)
    assert found is not None
    assert found["error"]["kind"] == "out-of-memory", found
    assert found["error"]["message"].startswith("rank 1 of 2: the device is out of memory")
    assert pair.has_ended()


def test_a_rank_that_hangs_is_named() -> None:
    group = Group(2, timeout=5)
    try:
        os.kill(group.pids[1], signal.SIGSTOP)
        found = group.send("close")
        assert found is not None
        assert found["error"]["message"] == f"rank 1 of 2 (process {group.pids[1]}) gave no sign for 4 s"
        assert group.has_ended()
    finally:
        group.end()


DISAGREEING = """
import os
from pathlib import Path
from branchline_worker.__main__ import main
from branchline_worker.sharded_session import ShardedSession

evaluate = ShardedSession.evaluate

def evaluate_otherwise(self, **params):
    rank = int(os.environ["RANK"])
    state = self._states[1]
    held = sum(one.numel() for group in (state.weights, state.first, state.second) for one in group.values())
    Path(__file__).with_name(f"held-{rank}").write_text(str(held))
    return {"nll": [(1 - 2 * rank) * one for one in evaluate(self, **params)["nll"]]}

ShardedSession.evaluate = evaluate_otherwise
main()
"""


def test_torchrun_replays_a_recording_and_ranks_that_disagree_end(files: Files) -> None:
    requests = [
        {"method": "hello", "params": {"protocol": PROTOCOL}},
        {"method": "open", "params": files.request()},
        {"method": "restore", "params": {"weights": files.weights}},
        {"method": "step", "params": {"state": 1, "rate": 0.01, "ids": [1, 22, 4]}},
        {"method": "evaluate", "params": {"state": 1, "parts": [[5, 6]]}},
    ]
    path, script = files.folder / "messages.jsonl", files.folder / "script.py"
    path.write_text("".join(json.dumps(message) + "\n" for message in requests))
    script.write_text(DISAGREEING)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    run = subprocess.run(
        [*command, str(script), "replay", str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    answers = [json.loads(line)["result"] for line in run.stdout.splitlines()]
    session = Session()
    session.open(**files.request())
    session.restore(files.weights)
    assert answers[3] == pytest.approx(session.step(1, 0.01, [1, 22, 4]), rel=1e-5)
    assert len(answers) == 4
    assert "the ranks disagree about evaluate: rank 1 of 2 has" in run.stderr
    assert run.returncode != 0
    # Each held its part of weights and moments.
    held = [int((files.folder / f"held-{rank}").read_text()) for rank in range(2)]
    assert sum(held) == 3 * sum(math.prod(shape) for shape in SHAPES.values())
    assert max(held) < 1.1 * min(held)


def test_processes_without_torch_say_so() -> None:
    script = "import sys; sys.modules['torch'] = None; from branchline_worker.__main__ import main; main()"
    command = [sys.executable, "-c", script, "serve", "--processes", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    write_frame(process.stdin, {"id": 1, "method": "hello", "params": {"protocol": PROTOCOL}})
    found = read_frame(process.stdout)
    assert found is not None
    assert found["error"]["kind"] == "environment"
    assert "has no torch" in found["error"]["message"]
    process.communicate(timeout=LONGEST)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_parts_and_rows_cover_everything_once(count: int) -> None:
    for size in range(20):
        parts = [list(range(size))[part_of(size, index, count)] for index in range(count)]
        assert [one for part in parts for one in part] == list(range(size))
        assert max(map(len, parts)) == -(-size // count)
        chunks = torch.arange(size).chunk(count) if size > 0 else ()
        rows = [torch.arange(size)[rows_of(size, index, count)] for index in range(count)]
        assert [one.tolist() for one in rows if len(one) > 0] == [one.tolist() for one in chunks]


def test_processes_need_gpus_of_their_own() -> None:
    lanes = [[gpu_of(lane, rank, 2, 4) for rank in range(2)] for lane in range(3)]
    assert lanes == [[0, 1], [2, 3], [0, 1]]
    assert [gpu_of(lane, 0, 1, 2) for lane in range(3)] == [0, 1, 0]
    with pytest.raises(WorkerError, match="processes: 4 needs as many GPUs, and PyTorch sees 2") as caught:
        gpu_of(0, 0, 4, 2)
    assert caught.value.remedy == "Set processes to at most 2, check CUDA_VISIBLE_DEVICES, or set device: 'cpu'."
