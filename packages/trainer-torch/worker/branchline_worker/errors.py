"""Errors that the other side shows to a user."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Literal

Kind = Literal["input", "environment", "diverged", "out-of-memory", "internal", "dead"]
"""
- `input`: a file, a message or a setting cannot be used.
- `environment`: something that is needed is missing on this machine.
- `diverged`: a loss or a gradient is not a finite number.
- `out-of-memory`: the device has too little memory.
- `internal`: any other exception.
- `dead`: one of several processes that train a model ended or hangs.
"""


class WorkerError(Exception):
    """What is wrong, and how to fix it."""

    def __init__(self, kind: Kind, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.remedy = remedy

    def described(self) -> dict[str, str | None]:
        """As it is sent."""
        return {"kind": self.kind, "message": self.message, "remedy": self.remedy}


MEMORY_REMEDY = (
    "Set a smaller microBatch in the trainer's options, or checkpointing: true, or precision: 'bfloat16'; "
    "or train a smaller model or a shorter context."
)


def as_worker_error(error: BaseException) -> WorkerError:
    """Any exception as a WorkerError. Exhausted memory is recognized on every device."""
    if isinstance(error, WorkerError):
        return error
    text = str(error).strip() or type(error).__name__
    first = text.splitlines()[0]
    # torch raises its own class for accelerators, and a RuntimeError for the processor; a mapped file an OSError.
    exhausted = type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError)
    if exhausted or "DefaultCPUAllocator" in text or getattr(error, "errno", None) == errno.ENOMEM:
        return WorkerError("out-of-memory", f"the device is out of memory: {first}", MEMORY_REMEDY)
    return WorkerError("internal", f"{type(error).__name__}: {first}")


SHOWN = 3
"""At most so many names of a kind are listed."""


def listed(says: str, names: Sequence[str]) -> list[str]:
    """A line about some names; none without names."""
    if not names:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [f"{says} {', '.join(names[:SHOWN])}{more}"]
