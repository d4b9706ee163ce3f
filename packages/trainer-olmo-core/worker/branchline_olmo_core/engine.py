"""OLMo-core as an engine of the worker, and the versions that it works with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from branchline_worker.engine import LEAST_TORCH, Beat, Engine, python_name, version_of
from branchline_worker.errors import WorkerError

from . import VERSION

if TYPE_CHECKING:
    from branchline_worker.ranks import Ranks

OLMO_CORE_VERSION = "3.0.0"
"""The only one: train modules, checkpoints and options change between releases."""

INSTALL = "npx branchline backend install olmo-core makes an environment with both."


def versions() -> dict[str, str]:
    """The installed torch and OLMo-core, which is not loaded: that takes ten seconds."""
    try:
        found = version("ai2-olmo-core")
    except PackageNotFoundError as error:
        raise WorkerError("environment", f"{python_name()} has no ai2-olmo-core", INSTALL) from error
    if found != OLMO_CORE_VERSION:
        message = f"{python_name()} has ai2-olmo-core {found}; the trainer needs {OLMO_CORE_VERSION}"
        raise WorkerError("environment", message, INSTALL)
    return {"torch": version_of("torch", LEAST_TORCH, INSTALL), "olmoCore": found}


def ranked(ranks: Ranks, beat: Beat) -> object:
    """A session of all ranks."""
    from .session import Session

    return Session(ranks, beat)


OLMO_CORE = Engine("branchline_olmo_core", VERSION, versions, ranked)
"""The Llama of OLMo-core, in its train modules."""
