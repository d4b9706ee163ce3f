"""What a worker trains with. The server, the launcher and the exchanges between ranks are the same for every engine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import VERSION
from .errors import WorkerError

if TYPE_CHECKING:
    from .ranks import Ranks

Beat = Callable[[], None]
"""Says that a long request is still worked on."""

LEAST_TORCH = (2, 11)
LEAST_TRANSFORMERS = (5, 17)

INSTALL = "npx branchline backend install torch makes an environment with both."


@dataclass(frozen=True)
class Engine:
    """Libraries, and sessions whose public methods are the requests."""

    module: str
    """All ranks run `python -m` with it."""
    version: str
    versions: Callable[[], dict[str, str]]
    """The versions of the libraries. Raises when one is missing, broken or of a wrong version."""
    ranked: Callable[[Ranks, Beat], object]
    """A session that all ranks carry out together."""
    alone: Callable[[Beat], object] | None = None
    """A session of one process. None: a single rank trains as several do."""


def version_of(name: str, least: tuple[int, int], install: str = INSTALL) -> str:
    """The version of a library, which must not be older than `least`."""
    python = python_name()
    try:
        version = str(__import__(name).__version__)
    except ImportError as error:
        found = "has no" if isinstance(error, ModuleNotFoundError) and error.name == name else "cannot load its"
        reason = "" if found == "has no" else f": {error}"
        raise WorkerError("environment", f"{python} {found} {name}{reason}", install) from error
    except (OSError, ValueError) as error:
        raise WorkerError("environment", f"{python} cannot load its {name}: {error}", install) from error
    digits = [part for part in version.split("+")[0].split(".")[:2] if part.isdigit()]
    if tuple(map(int, digits)) < least:
        wanted = ".".join(map(str, least))
        raise WorkerError("environment", f"{python} has {name} {version}; the trainer needs {wanted} or later", install)
    return version


def python_name() -> str:
    """The Python of this process in messages."""
    return f"Python {platform.python_version()} ({sys.executable})"


def versions() -> dict[str, str]:
    """The installed torch and transformers."""
    return {
        "torch": version_of("torch", LEAST_TORCH),
        "transformers": version_of("transformers", LEAST_TRANSFORMERS),
    }


def alone(beat: Beat) -> object:
    """A session of one process."""
    from .session import Session

    return Session(beat)


def ranked(ranks: Ranks, beat: Beat) -> object:
    """A session of several processes."""
    from .sharded_session import ShardedSession

    return ShardedSession(ranks, beat)


TRANSFORMERS = Engine("branchline_worker", VERSION, versions, ranked, alone)
"""Models of transformers."""
