"""Messages, frames, and the process."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import Files

from branchline_worker import PROTOCOL, engine
from branchline_worker.errors import WorkerError
from branchline_worker.frames import read_frame, write_frame
from branchline_worker.server import Server

ROOT = Path(__file__).parents[1]


def test_frames_are_read_back(tmp_path: Path) -> None:
    stream = io.BytesIO()
    for message in ({"a": 1}, {"text": "über\n", "rate": 0.1 + 0.2}):
        write_frame(stream, message)
    stream.seek(0)
    assert [read_frame(stream), read_frame(stream), read_frame(stream)] == [
        {"a": 1},
        {"text": "über\n", "rate": 0.1 + 0.2},
        None,
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x01\x00", "ends inside"),
        (struct.pack("<I", 9) + b"{}", "ends inside"),
        (b"Hello, world", "not one of Branchline's"),
        (struct.pack("<I", 2) + b"[]", "not a JSON object"),
        (struct.pack("<I", 2) + b"{]", "not JSON"),
    ],
)
def test_what_is_no_frame_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(WorkerError, match=message):
        read_frame(io.BytesIO(content))


def answers(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    """What a new server answers."""
    sent: list[dict[str, Any]] = []
    own = Server(sent.append)
    for request in requests:
        own.answer(request)
    return sent


HELLO = {"id": 1, "method": "hello", "params": {"protocol": PROTOCOL}}


def test_versions_are_agreed_on_first() -> None:
    (wrong,) = answers({"id": 1, "method": "hello", "params": {"protocol": PROTOCOL + 1}})
    assert wrong["error"]["kind"] == "environment"
    (early,) = answers({"id": 7, "method": "open", "params": {}})
    assert early["id"] == 7
    assert "must be hello" in early["error"]["message"]
    (fine,) = answers(HELLO)
    assert fine["result"]["pid"] == os.getpid()


def test_wrong_requests_are_answered_with_errors() -> None:
    found = answers(
        HELLO,
        {"id": 2, "method": "fly"},
        {"id": 3, "method": "step", "params": {"state": 1}},
        {"id": 4, "method": "_open"},
        {"id": 5, "method": "open", "params": {"model": {}, "optimizer": {"name": "sgd"}, "data": {}, "settings": {}}},
    )
    messages = [one["error"]["message"] for one in found[1:]]
    assert messages[0] == "there is no method 'fly'"
    assert "missing a required argument" in messages[1]
    assert messages[2] == "there is no method '_open'"
    assert "optimizer.name is 'sgd'" in messages[3]
    assert "optimizer.beta1 is missing" in messages[3]


def test_old_and_missing_libraries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch, "__version__", "2.10.1+cpu")
    with pytest.raises(WorkerError, match=r"has torch 2\.10\.1\+cpu; the trainer needs 2\.11 or later") as caught:
        engine.versions()
    assert "backend install torch" in str(caught.value.remedy)
    with pytest.raises(WorkerError, match="has no no_such_library"):
        engine.version_of("no_such_library", (1, 0))


def recorded(files: Files) -> list[dict[str, Any]]:
    """A recording of two steps."""
    return [
        {"method": "hello", "params": {"protocol": PROTOCOL}},
        {"method": "open", "params": files.request()},
        {"method": "restore", "params": {"weights": files.weights}},
        {"method": "step", "params": {"state": 1, "rate": 0.01, "ids": [1, 22]}},
        {"method": "step", "params": {"state": 1, "rate": 0.01, "ids": [3, 4], "weights": [1, 0.5]}},
        {"method": "evaluate", "params": {"state": 1, "parts": [[5, 6], []]}},
    ]


def test_a_recording_is_replayed_without_node(files: Files) -> None:
    path = files.folder / "messages.jsonl"
    path.write_text("".join(json.dumps(message) + "\n" for message in recorded(files)))
    command = [sys.executable, "-m", "branchline_worker", "replay", str(path)]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300) for _ in range(2)]
    results = [[json.loads(line) for line in run.stdout.splitlines()] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert results[0][2:] == results[1][2:]
    assert results[0][3]["result"]["loss"] > 2
    path.write_text(json.dumps(recorded(files)[3]) + "\n")
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300).returncode == 1


@pytest.fixture
def parent(files: Files) -> Iterator[subprocess.Popen[bytes]]:
    """A process that starts a worker, prints its number, and lets the worker take steps without end."""
    script = f"""
import json, os, struct, subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from branchline_worker.frames import read_frame, write_frame
command = [sys.executable, "-m", "branchline_worker", "serve", "--parent", str(os.getpid())]
child = subprocess.Popen(command, cwd={str(ROOT)!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for message in json.loads({json.dumps(json.dumps(recorded(files)[:3]))}):
    write_frame(child.stdin, dict(message, id=1))
    print(json.dumps(read_frame(child.stdout)), flush=True)
print(child.pid, flush=True)
while True:
    write_frame(child.stdin, dict(id=2, method="evaluate", params=dict(state=1, parts=[[1] * 200000])))
    while "beat" in read_frame(child.stdout):
        pass
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_worker_outlives_a_killed_parent(parent: subprocess.Popen[bytes]) -> None:
    assert parent.stdout is not None
    lines = [parent.stdout.readline().decode() for _ in range(4)]
    worker = int(lines[3])
    assert "libraries print" not in lines[0]
    time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(worker)


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_prints_of_libraries_are_no_messages() -> None:
    script = (
        "import branchline_worker.session as s; s.Session.close = lambda self: print('libraries print', flush=True)"
    )
    command = [sys.executable, "-c", f"{script}\nfrom branchline_worker.server import serve; serve(None)"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    found = []
    for id_, message in enumerate([HELLO, {"method": "close"}, {"method": "shutdown"}]):
        write_frame(process.stdin, {**message, "id": id_})
        found.append(read_frame(process.stdout))
    assert [message and message["id"] for message in found] == [0, 1, 2]
    output, printed = process.communicate(timeout=300)
    assert output == b""
    assert b"libraries print" in printed
    assert process.returncode == 0
