"""Fixtures: a tiny Llama with its files, and a session that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Files, tiny_files

from branchline_worker.session import Session


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Files in a folder of a test."""
    return tiny_files(tmp_path)


@pytest.fixture
def opened(files: Files) -> Callable[..., tuple[Session, int]]:
    """Opens a session with a restored state."""

    def open_(**settings: object) -> tuple[Session, int]:
        session = Session()
        session.open(**files.request(**settings))
        return session, session.restore(files.weights)["state"]

    return open_
