"""Token files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from branchline_worker.data import TokenFiles, TokenRange, read_passages
from branchline_worker.errors import WorkerError

TOKENS = np.arange(12).reshape(4, 3)


def ranges(folder: Path) -> list[TokenRange]:
    """Sequences 5 to 8 in two files."""
    (folder / "a").write_bytes(b"xxxx" + TOKENS[:1].astype("<u4").tobytes())
    (folder / "b").write_bytes(TOKENS[1:].astype("<u2").tobytes())
    return [TokenRange(str(folder / "b"), 0, 6, 3, 2), TokenRange(str(folder / "a"), 4, 5, 1, 4)]


def test_sequences_are_found_in_any_order(tmp_path: Path) -> None:
    files = TokenFiles(2, 12, ranges(tmp_path))
    assert files.read([8, 5, 6, 8]).tolist() == TOKENS[[3, 0, 1, 3]].tolist()
    assert files.read([]).shape == (0, 3)


def test_a_file_that_grows_is_read_again(tmp_path: Path) -> None:
    files = TokenFiles(2, 12, ranges(tmp_path))
    files.read([8])
    with (tmp_path / "b").open("ab") as file:
        file.write(TOKENS[:1].astype("<u2").tobytes())
    grown = files.with_more([TokenRange(str(tmp_path / "b"), 0, 6, 4, 2)])
    assert grown.read([9, 5]).tolist() == TOKENS[[0, 0]].tolist()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    good = ranges(tmp_path)
    cases = [
        ([4], 12, good, "no sequence 4"),
        ([9], 12, good, "no sequence 9"),
        ([8], 11, good, "token 11 is outside the vocabulary of 11"),
        ([6], 12, [replace(good[0], path=str(tmp_path / "none"))], "no token shard"),
        ([6], 12, [replace(good[0], count=4)], "truncated"),
        ([6], 12, [replace(good[0], width=3)], "tokens of 3 bytes"),
    ]
    for ids, vocabulary, own, message in cases:
        with pytest.raises(WorkerError, match=message):
            TokenFiles(2, vocabulary, own).read(ids)


def test_passages_must_fill_their_file(tmp_path: Path) -> None:
    path = tmp_path / "passages"
    path.write_bytes(np.array([1, 2, 3], dtype="<i4").tobytes())
    assert [own.tolist() for own in read_passages(str(path), [1, 2])] == [[1], [2, 3]]
    with pytest.raises(WorkerError, match="3 tokens instead of 4"):
        read_passages(str(path), [4])
