"""A session that several ranks carry out together: the same requests on each, in the same order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .batches import Shares
from .data import Tokens
from .device import Device, set_up
from .errors import WorkerError, as_worker_error
from .experts import Experts
from .layout import Shapes
from .model import STEP, State, moment_shapes, probe
from .ranks import Ranks, part_of
from .session import Session
from .sharding import ShardedOptimizer, build_sharded, gathered, rows_of
from .tensors import Header, read_tensors, write_arrays

ALIKE = "Choose devices of one kind with CUDA_VISIBLE_DEVICES, and the same versions of libraries."


class ShardedSession(Session):
    """
    Every rank holds its rows of weights and moments (`fully_shard`), trains on its part of each batch and evaluates its
    part of the sequences. Files are those of one process: each rank reads its rows, and rank 0 writes.
    """

    def __init__(self, ranks: Ranks, beat: Callable[[], None] = lambda: None) -> None:
        super().__init__(beat)
        self._ranks = ranks

    def _set_up(self) -> Device:
        if self._settings.stack > 1:
            raise WorkerError("input", "several processes train no stacks", "Leave out stack, or processes.")
        device = self._ranks.together(lambda: set_up(self._settings, self._ranks.index, self._ranks.count))
        if (different := self._ranks.compare(device.numerics)) is not None:
            raise WorkerError("environment", f"the ranks do not compute alike: {different}", ALIKE)
        return device

    def _build(self, config: Mapping[str, Any], shapes: Shapes, device: torch.device, experts: Experts | None) -> None:
        self._model, self._layout = build_sharded(config, shapes, self._settings, device, experts is not None)
        # The sharded model has its precision, compiler and checkpointing inside.
        self._settings = replace(self._settings, precision="float32", compile=False, checkpointing=False)
        probe(self._model, self._data.context, self._data.vocabulary, device)
        self._optimizer = ShardedOptimizer(self._model, self._spec, self._ranks)

    def _batch(self, ids: Sequence[int], shares: Shares) -> tuple[Tokens, Shares]:
        """Ranks take parts of a batch in its order. Shorter parts are filled up by a sequence without a share."""
        own = part_of(len(ids), self._ranks.index, self._ranks.count)
        missing = -(-len(ids) // self._ranks.count) - len(ids[own])
        rows = self._ranks.together(lambda: self._data.read([*ids[own], *[ids[0]] * missing]))
        return rows, np.concatenate([shares[own], np.zeros(missing)])

    def _total(self, value: float) -> float:
        return self._ranks.total(value)

    def _measured(
        self,
        state: State,
        count: int,
        rows: Callable[[slice], Tokens],
        values: Callable[[Tensor, slice], list[float]],
    ) -> list[float]:
        found: list[float] = []
        for start in range(0, count, self._rows * self._ranks.count):
            begin = start + self._rows * self._ranks.index
            some = slice(min(begin, count), min(begin + self._rows, count))
            tokens = self._ranks.together(lambda some=some: rows(some))  # type: ignore[misc]
            found += self._ranks.gather(values(self._evaluated(state, tokens), some), self._rows)
            self._beat()
        return found

    def logits(self, state: int, file: str, lengths: Sequence[int], out: str) -> None:
        # All ranks compute them, and one writes.
        super().logits(state, file, lengths, out if self._ranks.index == 0 else os.devnull)

    def _read(self, path: str, shapes: Shapes, device: torch.device) -> dict[str, Tensor]:
        """The rows of this rank; whole arrays where parameters are made of several of them."""
        if self._layout.is_converted and (shapes is self._layout.stored or self._layout.splits_moments):
            return self._ranks.together(lambda: read_tensors(path, shapes, torch.device("cpu")))

        def own(name: str) -> slice | None:
            return None if name == STEP else rows_of(shapes[name][0], self._ranks.index, self._ranks.count)

        return self._ranks.together(lambda: read_tensors(path, shapes, device, own))

    def _parameters(self, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if not self._layout.is_converted:
            return self._layout.to_parameters(arrays)
        whole = self._ranks.together(lambda: self._layout.to_parameters(arrays))
        device = self._open().torch
        return {
            name: tensor[rows_of(len(tensor), self._ranks.index, self._ranks.count)].clone().to(device)
            for name, tensor in whole.items()
        }

    def _write_weights(self, path: str, state: State) -> None:
        if self._layout.is_converted:
            arrays = self._arrays(state.weights)
            return self._write(path, [(name, one.dtype, one.shape) for name, one in arrays.items()], arrays.values())
        arrays = self._layout.to_arrays(state.weights)
        stored = self._layout.stored
        header = [(name, torch.float32, stored[name]) for name in arrays]
        return self._write(path, header, (self._whole(tensor, stored[name]) for name, tensor in arrays.items()))

    def _write_moments(self, path: str, state: State) -> None:
        if self._layout.splits_moments:
            arrays = state.moments(self._arrays)
            return self._write(path, [(name, one.dtype, one.shape) for name, one in arrays], (one for _, one in arrays))
        shapes = moment_shapes(self._layout.shapes)
        moments = state.moments()
        header = [(name, tensor.dtype, shapes[name]) for name, tensor in moments]
        return self._write(
            path, header, (tensor if name == STEP else self._whole(tensor, shapes[name]) for name, tensor in moments)
        )

    def _arrays(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Whole stored arrays from the rows of parameters, on the processor."""
        shapes = self._layout.shapes
        whole = {name: self._whole(tensor, shapes[name]).cpu() for name, tensor in parameters.items()}
        return self._ranks.together(lambda: self._layout.to_arrays(whole))

    def _whole(self, local: Tensor, shape: Sequence[int]) -> Tensor:
        return gathered(local, tuple(shape), self._open().torch)

    def _write(self, path: str, header: Sequence[Header], arrays: Iterable[Tensor]) -> None:
        """Rank 0 writes while all ranks gather, one array at a time, so that no memory holds all of them."""
        error: WorkerError | None = None
        waiting = iter(arrays)
        if self._ranks.index == 0:
            try:
                write_arrays(path, header, waiting)
            except OSError as caught:
                error = as_worker_error(caught)
        for _ in waiting:
            pass
        self._ranks.fail_together(error)
