"""Versions of OLMo-core."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest
from branchline_worker.errors import WorkerError

from branchline_olmo_core import engine


def test_another_version_and_none_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "version", lambda _: "2.9.1")
    with pytest.raises(WorkerError, match=r"has ai2-olmo-core 2\.9\.1; the trainer needs 3\.0\.0") as caught:
        engine.versions()
    assert "backend install olmo-core" in str(caught.value.remedy)

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(engine, "version", missing)
    with pytest.raises(WorkerError, match="has no ai2-olmo-core"):
        engine.versions()
