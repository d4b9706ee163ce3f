"""Which of the processes that torchrun started this is."""

from __future__ import annotations

import os


def rank_of() -> int:
    """The rank of this process; 0 outside of torchrun."""
    return int(os.environ.get("RANK", "0"))


def processes() -> int:
    """How many processes there are; 1 outside of torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def name_of(rank: int, count: int) -> str:
    """A rank in messages."""
    return f"rank {rank} of {count}"
