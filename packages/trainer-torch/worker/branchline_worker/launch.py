"""Starts the ranks of one trainer, and says what ended them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from .engine import LEAST_TORCH, Engine, version_of
from .errors import MEMORY_REMEDY, WorkerError
from .frames import write_frame
from .parent import die_with_parent
from .place import name_of

if TYPE_CHECKING:
    from .pulse import Watch

AGAIN = "Everything trained so far is stored: run the same command again."

KILLED = f"Linux kills the largest process when memory runs out. {MEMORY_REMEDY}"

HANGING = f"If its steps take that long, raise timeout in the options of the trainer. {AGAIN}"

CHECK_SECONDS = 0.2
"""Time between two looks at the ranks."""


def launch(processes: int, parent: int | None, timeout: float, engine: Engine) -> NoReturn:
    """
    Runs `serve` in several processes, by the launcher of torchrun. Rank 0 has standard input and output; when the ranks
    have ended because one of them failed, a last message, without a request's number, says which and why.
    """
    die_with_parent(parent)
    # Standard output carries messages only.
    sys.stdout = sys.stderr
    from .server import serve

    try:
        version_of("torch", LEAST_TORCH)
    except WorkerError:
        # A single process answers with this error.
        serve(parent, engine)
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    from .pulse import HOST, Watch

    if sys.platform == "linux":
        # All ranks are on this machine, whose own name may not resolve.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    watch = Watch(processes, seconds=min(5.0, timeout / 8))
    # Before the other side gives up, which does not know of ranks.
    threading.Thread(target=watch_pulses, args=(watch, processes, 0.8 * timeout), daemon=True).start()
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=f"branchline-{os.getpid()}",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr=HOST,
        max_restarts=0,
        monitor_interval=CHECK_SECONDS,
        # Without folders for logs.
        logs_specs=DefaultLogsSpecs(log_dir=os.devnull),
        # Others are left to the parent.
        signals_to_handle="SIGTERM",
    )
    arguments = ["-m", engine.module, "serve", "--parent", str(os.getpid())]
    try:
        elastic_launch(config, sys.executable)(*arguments)
    except ChildFailedError as error:
        if (known := watch.error()) is not None:
            end(watch, known)
        rank, failure = error.get_first_failure()
        how = f"ended with exit code {failure.exitcode}"
        if failure.exitcode < 0:
            how = f"was killed by {signal.Signals(-failure.exitcode).name}"
        remedy = KILLED if failure.exitcode == -signal.SIGKILL else AGAIN
        message = f"{name_of(rank, processes)} (process {failure.pid}) {how}"
        end(watch, WorkerError("dead", message, remedy))
    os._exit(0)


def watch_pulses(watch: Watch, processes: int, limit: float) -> None:
    """Ends everything when a rank has given no sign of life for too long."""
    while True:
        time.sleep(CHECK_SECONDS)
        found = watch.silent(limit)
        if found is not None:
            rank, process = found
            message = f"{name_of(rank, processes)} (process {process}) gave no sign for {limit:g} s"
            end(watch, WorkerError("dead", message, HANGING))


def end(watch: Watch, error: WorkerError) -> NoReturn:
    """Writes the last message, and ends what is left."""
    described = {"kind": error.kind, "message": error.message, "remedy": error.remedy}
    write_frame(os.fdopen(1, "wb", closefd=False), {"id": None, "error": described})
    for process in watch.processes():
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    os._exit(1)
