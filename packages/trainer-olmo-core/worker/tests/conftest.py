"""Workers of one and two ranks, which live as long as the tests: importing OLMo-core takes ten seconds."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from group import ROOT, Group
from tiny import Files, tiny_files

HERE = Path(__file__).parent
os.environ["PYTHONPATH"] = os.pathsep.join(map(str, [HERE.parent, ROOT]))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A tiny Llama and its sequences."""
    return tiny_files(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def two() -> Iterator[Group]:
    """A worker of two ranks."""
    yield from lent(2)


@pytest.fixture(scope="session")
def one() -> Iterator[Group]:
    """A worker of one rank."""
    yield from lent(1)


@pytest.fixture(scope="session")
def fresh() -> Iterator[Group]:
    """
    Another worker of two ranks. In it, streams of CUDA wait for nothing, for schedules of pipelines; all else is
    computed, by gloo ranks.
    """
    path = os.environ["PYTHONPATH"]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE / "streams"), path])
    group = lent(2)
    yield next(group)
    os.environ["PYTHONPATH"] = path
    group.close()


def lent(processes: int) -> Generator[Group]:
    """A worker that is ended afterwards."""
    group = Group(processes, module="branchline_olmo_core")
    try:
        yield group
    finally:
        group.end()
