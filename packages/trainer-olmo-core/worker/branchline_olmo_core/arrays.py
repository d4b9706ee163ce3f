"""Which part of each stored array this rank holds, whatever the parallelism, and how whole arrays are gathered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
import torch.distributed as dist
from branchline_worker.errors import WorkerError, listed
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

from .model import name_in_olmo, plain


def local_of(tensor: Tensor) -> Tensor:
    """The part that this rank holds, not copied."""
    detached = tensor.detach()
    return detached.to_local() if isinstance(detached, DTensor) else detached


class Arrays:
    """The stored arrays of a model, in their order, as parameters of the parts of the model on this rank."""

    def __init__(self, parts: Sequence[nn.Module], stored: Mapping[str, Sequence[int]]) -> None:
        """All ranks call it together. Raises when the arrays are not those of the model."""
        self.shapes = {name: list(shape) for name, shape in stored.items()}
        known = {plain(name): one for part in parts for name, one in part.named_parameters()}
        self.parameters = {name: known[own] for name in stored if (own := name_in_olmo(name)) in known}
        """Of this rank: with pipeline parallelism, each has those of some blocks."""
        holds = [name in self.parameters for name in stored]
        held: list[list[bool]] = [holds] * dist.get_world_size()
        dist.all_gather_object(held, holds)
        owners = [next((rank for rank, own in enumerate(held) if own[at]), None) for at in range(len(holds))]
        missing = [name for name, owner in zip(stored, owners, strict=True) if owner is None]
        wrong = [name for name, one in self.parameters.items() if list(one.shape) != self.shapes[name]]
        left = sorted(set(known) - {name_in_olmo(name) for name in stored})
        if missing or wrong or left:
            message = "; ".join(
                [
                    *listed("OLMo-core's model has no", missing),
                    *listed("OLMo-core has another shape of", wrong),
                    *listed("the checkpoint has no", left),
                ]
            )
            raise WorkerError("input", message)
        self._owners = {name: cast(int, owner) for name, owner in zip(stored, owners, strict=True)}

    def part(self, name: str) -> tuple[slice, ...]:
        """The range of every dimension of an array that this rank holds."""
        parameter = self.parameters[name]
        if not isinstance(parameter, DTensor):
            return tuple(slice(0, size) for size in parameter.shape)
        sizes, offsets = compute_local_shape_and_global_offset(
            parameter.shape, parameter.device_mesh, parameter.placements
        )
        return tuple(slice(start, start + size) for size, start in zip(sizes, offsets, strict=True))

    def whole(self, tensors: Mapping[str, Tensor]) -> Iterator[Tensor]:
        """
        Whole arrays, one after the other, on the processor of rank 0, from tensors like the parameters of all ranks.
        Other ranks get empty ones. All ranks iterate together.
        """
        for name, shape in self.shapes.items():
            owner = self._owners[name]
            found: Tensor | None = None
            if name in tensors:
                one = tensors[name].detach()
                found = (one.full_tensor() if isinstance(one, DTensor) else one).cpu()
            if owner != 0:
                found = self._sent(found, owner, shape)
            yield torch.empty(0) if found is None or dist.get_rank() > 0 else found

    def _sent(self, tensor: Tensor | None, owner: int, shape: Sequence[int]) -> Tensor | None:
        """An array of another rank, on rank 0."""
        if dist.get_rank() == owner and tensor is not None:
            dist.send(tensor.contiguous(), dst=0)
        elif dist.get_rank() == 0:
            tensor = torch.empty(math.prod(shape)).view(*shape)
            dist.recv(tensor, src=owner)
        return tensor
