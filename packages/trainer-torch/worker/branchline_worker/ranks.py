"""The processes that train one model together: who they are, and what they exchange apart from tensors of the model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch.distributed import HashStore  # type: ignore[attr-defined]

from .errors import WorkerError, as_worker_error
from .place import name_of, processes

T = TypeVar("T")

FOREVER = timedelta(days=30)
"""Ranks wait for the next request as long as it takes. Those that hang are found by the launcher."""

SHOWN = 200
"""Characters of an outcome that a message shows."""


class SharedError(WorkerError):
    """An error of one rank that all ranks have raised, so that they stay in step."""


class Ranks:
    """
    All ranks call a method together. Exchanges are between processors, by gloo, in the order of ranks, so that every
    rank gets the same bits.
    """

    def __init__(self) -> None:
        """Waits until all ranks have joined."""
        has_gpus = torch.cuda.is_available() and dist.is_nccl_available()
        backend = "cpu:gloo,cuda:nccl" if has_gpus else "gloo"
        if processes() > 1:
            dist.init_process_group(backend, timeout=FOREVER)
        else:
            dist.init_process_group(backend, store=HashStore(), rank=0, world_size=1, timeout=FOREVER)
        self._group = cast(dist.ProcessGroup, dist.new_group(backend="gloo", timeout=FOREVER))
        self.index = dist.get_rank()
        self.count = dist.get_world_size()

    def broadcast(self, message: T | None = None) -> T:
        """The message of rank 0."""
        holder = [message]
        dist.broadcast_object_list(holder, src=0, group=self._group)
        return holder[0]  # type: ignore[return-value]

    def gather(self, values: Sequence[float], size: int) -> list[float]:
        """The values of all ranks, at most `size` of each, in the order of ranks."""
        own = torch.zeros(size + 1, dtype=torch.float64)
        own[0] = len(values)
        own[1 : len(values) + 1] = torch.tensor(values, dtype=torch.float64)
        return [value for row in self._gather(own) for value in row[1 : int(row[0]) + 1].tolist()]

    def total(self, value: float) -> float:
        """The sum of the values of all ranks."""
        return sum(self.gather([value], 1))

    def together(self, call: Callable[[], T]) -> T:
        """
        The result of a call that communicates with no rank. If it fails on one rank, it fails on all of them, with the
        error of the first.
        """
        error: WorkerError | None = None
        result: T | None = None
        try:
            result = call()
        except Exception as caught:
            error = as_worker_error(caught)
        self.fail_together(error)
        return result  # type: ignore[return-value]

    def fail_together(self, error: WorkerError | None) -> None:
        """Raises the error of the first rank that has one, on all ranks."""
        failed = torch.tensor([0 if error is None else 1])
        if not any(int(one) for one in self._gather(failed)):
            return
        errors: list[Any] = [None] * self.count
        mine = None if error is None else (error.kind, error.message, error.remedy)
        dist.all_gather_object(errors, mine, group=self._group)
        at = next(index for index, one in enumerate(errors) if one is not None)
        kind, message, remedy = errors[at]
        everywhere = all(one == errors[at] for one in errors)
        raise SharedError(kind, message if everywhere else f"{name_of(at, self.count)}: {message}", remedy)

    def compare(self, outcome: str) -> str | None:
        """What differs if the outcome of a request is not the same on all ranks; None if it is."""
        digest = int.from_bytes(hashlib.sha256(outcome.encode()).digest()[:7], "big")
        digests = [int(one) for one in self._gather(torch.tensor([digest]))]
        at = next((index for index, one in enumerate(digests) if one != digests[0]), None)
        if at is None:
            return None
        outcomes: list[Any] = [None] * self.count
        dist.all_gather_object(outcomes, outcome[:SHOWN], group=self._group)
        return f"{name_of(at, self.count)} has {outcomes[at]}, and rank 0 {outcomes[0]}"

    def _gather(self, own: torch.Tensor) -> list[torch.Tensor]:
        found = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(found, own, group=self._group)
        return found


def part_of(size: int, index: int, count: int) -> slice:
    """The part of `size` items that a rank has: parts are in the order of ranks, and differ by one item at most."""
    return slice(size * index // count, size * (index + 1) // count)
