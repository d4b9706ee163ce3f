"""Frames: four bytes of length, little-endian, then a JSON object in UTF-8."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from .errors import WorkerError

LENGTH = struct.Struct("<I")

LARGEST = 1 << 28
"""Most bytes of a frame. A larger length means that the stream holds something else."""


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) == 0:
        return None
    if len(head) < LENGTH.size:
        raise WorkerError("input", "the stream ends inside a frame")
    (size,) = LENGTH.unpack(head)
    if size > LARGEST:
        raise WorkerError("input", f"a frame of {size} bytes is not one of Branchline's")
    body = stream.read(size)
    if len(body) < size:
        raise WorkerError("input", "the stream ends inside a frame")
    return parse(body)


def parse(text: bytes | str) -> dict[str, Any]:
    """A message from its JSON."""
    try:
        message = json.loads(text)
    except ValueError as error:
        raise WorkerError("input", f"a message is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise WorkerError("input", "a message is not a JSON object")
    return message


def write_frame(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Writes a message and flushes. Numbers that are not finite have no JSON and raise ValueError."""
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()
