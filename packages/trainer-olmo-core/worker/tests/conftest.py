"""Workers of one and two ranks, which live as long as the tests: importing OLMo-core takes ten seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from group import ROOT, Group
from tiny import Files, tiny_files

HERE = Path(__file__).parent
os.environ["PYTHONPATH"] = os.pathsep.join(map(str, [HERE.parent, ROOT]))


def started(processes: int) -> Group:
    """A new worker."""
    return Group(processes, module="branchline_olmo_core")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A tiny Llama and its sequences."""
    return tiny_files(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def two() -> Iterator[Group]:
    """A worker of two ranks."""
    group = started(2)
    yield group
    group.end()


@pytest.fixture(scope="session")
def one() -> Iterator[Group]:
    """A worker of one rank."""
    group = started(1)
    yield group
    group.end()
