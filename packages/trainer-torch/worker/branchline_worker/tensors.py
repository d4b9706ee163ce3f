"""Safetensors files with the layout of Branchline: arrays in a given order, a header padded to 8 bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

import torch
from safetensors import SafetensorError, safe_open

from .errors import WorkerError

CHECKPOINT_REMEDY = "Its content does not belong to this model: check model and vocabulary of the experiment."

NAMES = {torch.float32: "F32", torch.int32: "I32"}


def write_tensors(path: str, tensors: Sequence[tuple[str, torch.Tensor]]) -> None:
    """Writes a file. The caller syncs it. Equal arrays give the bytes that Branchline's other trainers write."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors:
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, tensor in tensors:
            file.write(tensor.detach().contiguous().cpu().numpy().data)


def read_tensors(path: str, shapes: Mapping[str, Sequence[int]], device: torch.device) -> dict[str, torch.Tensor]:
    """
    The arrays named in `shapes`, as float32, or as int32 where they are stored so. All problems of the file are
    reported at once.
    """
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            problems = problems_in(file, shapes)
            if not problems:
                # Copies: mapped arrays change with their file, and their alignment can change bits.
                return {name: file.get_tensor(name).clone() for name in shapes}
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
