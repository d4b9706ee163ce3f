"""Answers messages, one at a time, in their order."""

from __future__ import annotations

import inspect
import os
import platform
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn, TextIO

from . import PROTOCOL
from .engine import TRANSFORMERS, Engine
from .errors import WorkerError, as_worker_error
from .frames import parse, read_frame, write_frame
from .parent import die_with_parent
from .place import processes

Message = dict[str, Any]
Send = Callable[[Message], None]


class Server:
    """Dispatches requests to a session. The first must be `hello`."""

    def __init__(self, send: Send, engine: Engine = TRANSFORMERS) -> None:
        self._send = send
        self._engine = engine
        self._methods: dict[str, Callable[..., Any]] | None = None
        self._end: Callable[[], None] = lambda: None

    def answer(self, message: Message) -> bool:
        """Answers a request. Returns False after the last one."""
        id_, method = message.get("id"), message.get("method")
        arguments = message.get("params", {})
        try:
            result = self._call(id_, method, arguments)
            self._send({"id": id_, "result": {} if result is None else result})
        except Exception as error:
            self._send({"id": id_, "error": as_worker_error(error).described()})
        return method != "shutdown"

    def _call(self, id_: object, method: object, arguments: Message) -> object:
        if method == "hello":
            return self._hello(id_, **arguments)
        if self._methods is None:
            raise WorkerError("input", "the first message must be hello")
        if method == "shutdown":
            self.end()
            return None
        call = self._methods.get(str(method))
        if call is None:
            raise WorkerError("input", f"there is no method {method!r}")
        try:
            inspect.signature(call).bind(**arguments)
        except TypeError as error:
            raise WorkerError("input", f"{method}: {error}") from error
        return call(**arguments)

    def end(self) -> None:
        """Ends the other ranks."""
        self._end()
        self._end = lambda: None

    def _hello(self, id_: object, protocol: object = None) -> Message:
        """Both sides state what they are. Importing torch takes seconds, so it happens after the versions are known."""
        if protocol != PROTOCOL:
            message = f"the worker speaks version {PROTOCOL} of the messages, and was addressed in version {protocol}"
            raise WorkerError("environment", message, "Use the worker that comes with this version of Branchline.")
        libraries = self._engine.versions()

        def beat() -> None:
            self._send({"id": id_, "beat": True})

        if processes() == 1 and self._engine.alone is not None:
            self._methods = methods_of(self._engine.alone(beat))
        else:
            from .commands import Commands

            commands = Commands(self._engine, beat)
            self._methods, self._end = commands.methods(), commands.end
        return {
            "protocol": PROTOCOL,
            "worker": self._engine.version,
            "pid": os.getpid(),
            "python": platform.python_version(),
            **libraries,
        }


def methods_of(session: object) -> dict[str, Callable[..., Any]]:
    """The public methods of an object."""
    return {name: call for name, call in inspect.getmembers(session, inspect.ismethod) if not name.startswith("_")}


def serve(parent: int | None, engine: Engine = TRANSFORMERS) -> NoReturn:
    """Serves standard input and output until the last request, or until the parent ends."""
    die_with_parent(parent)
    # Libraries print to standard output: from here on, that is standard error.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.Queue[Message | WorkerError] = queue.Queue()
    threading.Thread(target=read_all, args=(sys.stdin.buffer, requests), daemon=True).start()
    server = Server(lambda message: write_frame(output, message), engine)
    while True:
        message = requests.get()
        if isinstance(message, WorkerError):
            write_frame(output, {"id": None, "error": {"kind": message.kind, "message": message.message}})
            break
        if not server.answer(message):
            break
    output.close()
    # At once: nothing is left to be written, and threads of libraries can take long to end.
    os._exit(0)


def follow(parent: int | None, engine: Engine = TRANSFORMERS) -> NoReturn:
    """Carries out what rank 0 answers, in the process of another rank."""
    die_with_parent(parent)
    os.dup2(2, 1)
    try:
        engine.versions()
    except WorkerError:
        # Rank 0 has the same Python, answers with this error, and is ended.
        time.sleep(60)
        os._exit(1)
    from .commands import Commands

    Commands(engine).follow()
    os._exit(0)


def read_all(stream: BinaryIO, requests: queue.Queue[Message | WorkerError]) -> None:
    """Reads ahead. The end of the stream ends the process, even during a long step, whose result no one can read."""
    try:
        while (message := read_frame(stream)) is not None:
            requests.put(message)
    except WorkerError as error:
        requests.put(error)
        return
    os._exit(0)


def replay(lines: TextIO, output: TextIO, engine: Engine = TRANSFORMERS) -> bool:
    """
    Answers recorded requests, one JSON object a line, and prints the answers. Returns False if one was an error. The
    files that the requests name must exist; requests for states name those that the replay makes, in the same order.
    """
    import json

    fine = True

    def send(message: Message) -> None:
        nonlocal fine
        if "beat" in message:
            return
        fine = fine and "error" not in message
        output.write(json.dumps(message) + "\n")
        output.flush()

    server = Server(send, engine)
    for line in lines:
        if line.strip() and not server.answer(parse(line)):
            break
    server.end()
    return fine
