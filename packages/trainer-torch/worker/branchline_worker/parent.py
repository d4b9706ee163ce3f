"""No worker outlives the process that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None) -> None:
    """
    Asks Linux to kill this process when its parent ends, whatever ended it. Elsewhere, it looks for its parent every
    second. Exits at once when the parent has ended before. What a terminal or a job scheduler sends to all processes of
    a group is left to the parent, which stops after a whole step.
    """
    for name in ("SIGINT", "SIGHUP", "SIGUSR1"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    elif parent is not None:
        threading.Thread(target=look_for, args=(parent,), daemon=True).start()
    if parent is not None and os.getppid() != parent:
        os._exit(0)


def look_for(parent: int) -> None:
    """Exits when another process has become the parent."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
