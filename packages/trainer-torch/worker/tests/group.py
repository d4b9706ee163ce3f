"""A worker of several processes, as the trainer drives it."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from branchline_worker import PROTOCOL
from branchline_worker.frames import read_frame, write_frame

ROOT = Path(__file__).parents[1]

LONGEST = 120.0
"""Seconds until a test gives up."""

Message = dict[str, Any]


class Group:
    """Sends requests to rank 0."""

    def __init__(self, processes: int, timeout: float = 900, module: str = "branchline_worker") -> None:
        options = ["--parent", str(os.getpid()), "--processes", str(processes), "--timeout", str(timeout)]
        command = [sys.executable, "-m", module, "serve", *options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: queue.Queue[Message | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.answer("hello", protocol=PROTOCOL)
        self.launcher = self._process.pid
        self.pids = children_of(self._process.pid)
        """Processes of the ranks, in their order."""

    def _read(self) -> None:
        assert self._process.stdout is not None
        while (message := read_frame(self._process.stdout)) is not None:
            if "beat" not in message:
                self._answers.put(message)
        self._answers.put(None)

    def send(self, method: str, **params: object) -> Message | None:
        """The answer to a request; None if the worker has ended without one."""
        assert self._process.stdin is not None
        write_frame(self._process.stdin, {"id": 1, "method": method, "params": params})
        return self._answers.get(timeout=LONGEST)

    def answer(self, method: str, **params: object) -> Message:
        """The result of a request that is not an error."""
        found = self.send(method, **params)
        assert found is not None
        assert "error" not in found, found
        return found["result"]  # type: ignore[no-any-return]

    def end(self) -> None:
        """Ends all processes."""
        self._process.kill()
        self._process.wait()

    def has_ended(self) -> bool:
        """Waits until no process is left; False if that takes too long."""
        deadline = time.monotonic() + 20
        while any(map(is_running, [self._process.pid, *self.pids])):
            if time.monotonic() > deadline:
                return False
            self._process.poll()
            time.sleep(0.02)
        return True


def children_of(pid: int) -> list[int]:
    """Processes that a process has started, in their order."""
    return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
