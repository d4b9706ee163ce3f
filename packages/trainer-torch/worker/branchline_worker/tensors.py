"""Safetensors files with the layout of Branchline: arrays in a given order, a header padded to 8 bytes."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from safetensors import SafetensorError, safe_open

from .errors import WorkerError

CHECKPOINT_REMEDY = "Its content does not belong to this model: check model and vocabulary of the experiment."

Header = tuple[str, torch.dtype, Sequence[int]]
"""Name, type and shape of an array."""

Part = slice | tuple[slice, ...]
"""Some rows of an array, or a range of every dimension."""

NAMES = {torch.float32: "F32", torch.int32: "I32"}


def write_tensors(path: str, tensors: Sequence[tuple[str, torch.Tensor]]) -> None:
    """Writes a file. The caller syncs it. Equal arrays give the bytes that Branchline's other trainers write."""
    write_arrays(path, [(name, one.dtype, one.shape) for name, one in tensors], (tensor for _, tensor in tensors))


def write_arrays(path: str, header: Sequence[Header], arrays: Iterable[torch.Tensor]) -> None:
    """The same, of arrays that are made one after the other."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, dtype, shape in header:
        size = math.prod(shape) * dtype.itemsize
        entries[name] = {"dtype": NAMES[dtype], "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in arrays:
            file.write(tensor.detach().contiguous().cpu().numpy().data)


def read_tensors(
    path: str,
    shapes: Mapping[str, Sequence[int]],
    device: torch.device,
    part: Callable[[str], Part | None] = lambda name: None,
) -> dict[str, torch.Tensor]:
    """
    The arrays named in `shapes`, or a `part` of each, as float32, or as int32 where they are stored so. All
    problems of the file are reported at once.
    """

    def read(file: safe_open, name: str) -> torch.Tensor:
        some = part(name)
        return file.get_tensor(name) if some is None else file.get_slice(name)[some]

    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            problems = problems_in(file, shapes)
            if not problems:
                # Copies: mapped arrays change with their file, and their alignment can change bits.
                return {name: read(file, name).clone() for name in shapes}
    except FileNotFoundError as error:
        raise WorkerError("input", f"there is no file {path}") from error
    except SafetensorError as error:
        raise WorkerError("input", f"{path} is not a complete safetensors file: {error}") from error
    more = f", and {len(problems) - 3} more" if len(problems) > 3 else ""
    raise WorkerError("input", f"{path} does not fit the model: {'; '.join(problems[:3])}{more}", CHECKPOINT_REMEDY)


def problems_in(file: safe_open, shapes: Mapping[str, Sequence[int]]) -> list[str]:
    """Arrays that are missing, or have another shape or type."""
    names = set(file.keys())
    problems = [f"it has no {name}" for name in shapes if name not in names]
    for name, shape in shapes.items():
        if name not in names:
            continue
        stored = file.get_slice(name)
        found, dtype = list(stored.get_shape()), stored.get_dtype()
        if found != list(shape) or dtype not in NAMES.values():
            problems.append(f"{name} is {dtype} {found}, not F32 {list(shape)}")
    return problems
