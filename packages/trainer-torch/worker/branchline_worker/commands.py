"""Rank 0 answers requests; all ranks carry them out."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .engine import Beat, Engine
from .errors import WorkerError
from .pulse import Pulse
from .ranks import Ranks, SharedError
from .server import methods_of

DISAGREED = (
    "Check that the devices are of the same kind and sound, and that all ranks see the same files. "
    "Everything trained so far is stored: run the same command again."
)

T = TypeVar("T")

Methods = dict[str, Callable[..., Any]]


class Commands:
    """A session on all ranks."""

    def __init__(self, engine: Engine, beat: Beat = lambda: None) -> None:
        """Waits for the other ranks."""
        self._pulse = Pulse()
        self._ranks = self._exchange(Ranks)
        self._session = engine.ranked(self._ranks, beat)

    def methods(self) -> Methods:
        """The requests that rank 0 answers: those of a session, carried out by all ranks."""
        return {name: self._led(name, method) for name, method in methods_of(self._session).items()}

    def _led(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def led(**arguments: object) -> object:
            self._exchange(lambda: self._ranks.broadcast((name, arguments)))
            return self._carry_out(name, arguments)

        return led

    def follow(self) -> None:
        """What a rank above 0 does: carries out what rank 0 broadcasts, until the end."""
        while (command := self._exchange(self._receive)) is not None:
            try:
                self._carry_out(*command)
            except WorkerError:
                # Rank 0 has the same one, and answers with it.
                continue

    def _receive(self) -> tuple[str, Mapping[str, Any]] | None:
        return self._ranks.broadcast()

    def _exchange(self, call: Callable[[], T]) -> T:
        """The result of an exchange, which fails when another rank has ended."""
        try:
            return call()
        except Exception as error:
            self._pulse.fail(error)

    def end(self) -> None:
        """Ends the other ranks, from rank 0."""
        self._ranks.broadcast(None)

    def _carry_out(self, name: str, arguments: Mapping[str, Any]) -> object:
        """
        The result of a request, or the WorkerError that all ranks have. Any other error, and results that are not the
        same on all ranks, end all of them: their exchanges no longer fit together.
        """
        result: object = None
        error: WorkerError | None = None
        try:
            result = getattr(self._session, name)(**arguments)
        except WorkerError as caught:
            if caught.kind == "out-of-memory" and not isinstance(caught, SharedError):
                self._pulse.fail(caught)
            error = caught
        except Exception as caught:
            self._pulse.fail(caught)
        outcome = json.dumps(result) if error is None else f"the error: {error.message}"
        different = self._exchange(lambda: self._ranks.compare(outcome))
        if different is not None:
            message = f"the ranks disagree about {name}: {different}"
            self._pulse.fail(WorkerError("internal", message, DISAGREED), is_of_all=True)
        if error is not None:
            raise error
        return result
