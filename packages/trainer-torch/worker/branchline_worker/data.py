"""Token sequences, read from shards through memory maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import WorkerError

TYPES: dict[int, np.dtype[Any]] = {2: np.dtype("<u2"), 4: np.dtype("<u4")}
"""Unsigned integers by their number of bytes."""

SHARD_REMEDY = "Run the same command again: the corpus is verified and rebuilt."

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TokenRange:
    """Sequences `first <= id < first + count`, one after the other from `offset` bytes on."""

    path: str
    offset: int
    first: int
    count: int
    width: int
    """Bytes of a token."""


class TokenFiles:
    """Looks up sequences of `context + 1` tokens by id."""

    def __init__(self, context: int, vocabulary: int, ranges: Sequence[TokenRange]) -> None:
        self.context = context
        self.vocabulary = vocabulary
        self._ranges = sorted(ranges, key=lambda one: one.first)
        self._firsts = np.array([one.first for one in self._ranges], dtype=np.int64)
        self._maps: dict[int, npt.NDArray[Any]] = {}

    def with_more(self, ranges: Sequence[TokenRange]) -> TokenFiles:
        """The same with more files. A file that has grown replaces what was known of it."""
        paths = {one.path for one in ranges}
        kept = [one for one in self._ranges if one.path not in paths]
        return TokenFiles(self.context, self.vocabulary, [*kept, *ranges])

    def read(self, ids: Sequence[int]) -> Tokens:
        """Token ids, `len(ids) x (context + 1)`."""
        rows = np.empty((len(ids), self.context + 1), dtype=np.int64)
        for row, id_ in enumerate(ids):
            at = int(np.searchsorted(self._firsts, id_, side="right")) - 1
            own = self._ranges[at] if at >= 0 else None
            if own is None or id_ >= own.first + own.count:
                raise WorkerError("input", f"there is no sequence {id_} in the token files")
            rows[row] = self._map(at)[id_ - own.first]
        return check_tokens(rows, self.vocabulary)

    def _map(self, at: int) -> npt.NDArray[Any]:
        known = self._maps.get(at)
        if known is not None:
            return known
        own = self._ranges[at]
        dtype = TYPES.get(own.width)
        if dtype is None:
            raise WorkerError("input", f"tokens of {own.width} bytes are unknown; they have 2 or 4")
        shape = (own.count, self.context + 1)
        try:
            mapped = np.memmap(own.path, dtype=dtype, mode="r", offset=own.offset, shape=shape)
        except FileNotFoundError as error:
            raise WorkerError("input", f"there is no token shard {own.path}", SHARD_REMEDY) from error
        except ValueError as error:
            raise WorkerError("input", f"the token shard {own.path} was truncated", SHARD_REMEDY) from error
        self._maps[at] = mapped
        return mapped


def check_tokens(rows: Tokens, vocabulary: int) -> Tokens:
    """The same tokens. Raises when one is not in the vocabulary."""
    if rows.size > 0 and (rows.max() >= vocabulary or rows.min() < 0):
        wrong = int(rows.max()) if rows.max() >= vocabulary else int(rows.min())
        raise WorkerError("input", f"token {wrong} is outside the vocabulary of {vocabulary}")
    return rows


def read_passages(path: str, lengths: Sequence[int]) -> list[Tokens]:
    """Passages of the given lengths from a file of 32-bit integers, one after the other."""
    flat = np.fromfile(Path(path), dtype="<i4").astype(np.int64)
    if flat.size != sum(lengths):
        raise WorkerError("input", f"{path} has {flat.size} tokens instead of {sum(lengths)}")
    ends = np.cumsum(lengths)
    return [flat[end - length : end] for end, length in zip(ends, lengths, strict=True)]
