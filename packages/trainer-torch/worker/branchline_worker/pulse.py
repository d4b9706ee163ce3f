"""What ranks report to their launcher: that they are alive, and why they end. Both sides of a store of PyTorch."""

from __future__ import annotations

import json
import os
import threading
import time
import traceback
from datetime import timedelta
from typing import NoReturn

from torch.distributed import TCPStore  # type: ignore[attr-defined]

from .errors import WorkerError, as_worker_error
from .place import name_of, processes, rank_of

PORT = "BRANCHLINE_WORKER_PULSE"
"""Environment variable with the port of the launcher's store."""

SECONDS = "BRANCHLINE_WORKER_PULSE_SECONDS"
"""Environment variable with the time between two signs of life."""

GRACE = 3
"""
Seconds that a rank waits before it reports an error other than exhausted memory. If the error follows from the end of
another rank, which the launcher has seen by then, it ends this one meanwhile.
"""

HOST = "127.0.0.1"


class Pulse:
    """The side of a rank. Without a launcher of Branchline, errors are printed."""

    def __init__(self) -> None:
        self._rank = rank_of()
        self._store: TCPStore | None = None
        if PORT in os.environ:
            port = int(os.environ[PORT])
            self._store = TCPStore(HOST, port, is_master=False, wait_for_workers=False)
            beating = TCPStore(HOST, port, is_master=False, wait_for_workers=False)
            threading.Thread(target=self._beat, args=(beating, float(os.environ[SECONDS])), daemon=True).start()

    def _beat(self, store: TCPStore, seconds: float) -> None:
        for count in range(1 << 62):
            store.set(f"pulse/{self._rank}", f"{os.getpid()} {count}")
            time.sleep(seconds)

    def fail(self, caught: BaseException, is_of_all: bool = False) -> NoReturn:
        """Ends this process, and with it the others. The message names the rank, unless the error is one of all."""
        error = as_worker_error(caught)
        message = error.message if is_of_all else f"{name_of(self._rank, processes())}: {error.message}"
        if error.kind != "out-of-memory":
            time.sleep(GRACE)
        if error.kind == "internal":
            traceback.print_exception(caught)
        if self._store is None:
            os.write(2, f"{message}\n".encode())
        else:
            described = {"kind": error.kind, "message": message, "remedy": error.remedy}
            self._store.set(f"error/{self._rank}", json.dumps(described))
        os._exit(1)


class Watch:
    """The side of the launcher: its store, and what ranks wrote there."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._store = TCPStore(HOST, 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=30))
        self._seen: dict[int, tuple[str, float]] = {}
        os.environ[PORT] = str(self._store.port)
        os.environ[SECONDS] = str(seconds)

    def error(self) -> WorkerError | None:
        """The error of the first rank that reported one."""
        for rank in range(self._count):
            if (text := self._get(f"error/{rank}")) is not None:
                return WorkerError(**json.loads(text))
        return None

    def processes(self) -> list[int]:
        """The processes of ranks that gave a sign of life."""
        return [int(sign.split()[0]) for sign, _ in self._seen.values()]

    def silent(self, limit: float) -> tuple[int, int] | None:
        """A rank without a sign of life for `limit` seconds, and its process."""
        now = time.monotonic()
        for rank in range(self._count):
            if (sign := self._get(f"pulse/{rank}")) is None:
                continue
            last, since = self._seen.get(rank, ("", now))
            if sign != last:  # also the first time
                self._seen[rank] = (sign, now)
            elif now - since > limit:
                return rank, int(sign.split()[0])
        return None

    def _get(self, key: str) -> str | None:
        return self._store.get(key).decode() if self._store.check([key]) else None
