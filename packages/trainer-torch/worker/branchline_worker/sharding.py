"""Models whose weights, gradients and moments are divided among ranks, by `fully_shard` of PyTorch (FSDP2)."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, Shard
from torch.utils.checkpoint import checkpoint

from .device import takes_one_dnn
from .errors import WorkerError
from .layout import Layout, Shapes
from .linear import use_one_dnn
from .messages import OptimizerSpec, Settings
from .model import State, config_of, instantiate
from .optimizer import Optimizer
from .ranks import Ranks

SPREAD = 0.02
"""Standard deviation of the weights that a model is tried with."""


def rows_of(size: int, index: int, count: int) -> slice:
    """The rows of an array of `size` rows that a rank holds, as `torch.chunk` divides them."""
    each = -(-size // count)
    return slice(min(size, index * each), min(size, (index + 1) * each))


def build_sharded(
    config: Mapping[str, Any], shapes: Shapes, settings: Settings, device: torch.device, splits_moments: bool = False
) -> tuple[nn.Module, Layout]:
    """
    As `model.build`, with drawn weights, of which each rank holds its rows. No rank ever holds all weights: they are
    allocated when they are divided already.
    """
    try:
        made = config_of(config)
        with torch.device("meta"):
            layout = Layout(instantiate(made), shapes, splits_moments)
        with torch.device("cpu"), empty_parameters():
            model: nn.Module = instantiate(made)
    except WorkerError as error:
        raise WorkerError(error.kind, f"the model {error.message}", error.remedy) from error
    if takes_one_dnn(device.type, settings):
        use_one_dnn(model)
    shard(model, settings, device)
    model._apply(lambda one: torch.empty_like(one, device=device) if one.is_meta else one)
    root = cast(FSDPModule, model)
    # The first time, it sets up what holds the weights.
    root.unshard()
    root.reshard()
    generator = torch.Generator(device).manual_seed(1 + dist.get_rank())
    for parameter in model.parameters():
        local = local_of(parameter)
        if parameter.ndim > 1:
            local.normal_(0, SPREAD, generator=generator)
        else:
            local.fill_(1)
    model.train()
    return model, layout


@contextmanager
def empty_parameters() -> Iterator[None]:
    """Parameters that are made inside have no memory. Buffers do, because their values are not in checkpoints."""
    register = nn.Module.register_parameter

    def registered(self: nn.Module, name: str, param: nn.Parameter | None) -> None:
        register(self, name, param)
        # One that is used twice stays one.
        if param is not None and not param.is_meta:
            self._parameters[name] = nn.Parameter(param.to("meta"), requires_grad=param.requires_grad)

    nn.Module.register_parameter = registered  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]


def shard(model: nn.Module, settings: Settings, device: torch.device) -> None:
    """
    Divides the parameters of a model. Its blocks are gathered one at a time, in the forward and in the backward pass.
    Recomputed activations are innermost, so that a block is gathered once for them, then the compiler, which sees whole
    weights; collectives are outermost.
    """
    mesh = DeviceMesh.from_group(cast(dist.ProcessGroup, dist.group.WORLD), device.type)
    policy = MixedPrecisionPolicy()
    if settings.precision == "bfloat16":
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    kinds = set(getattr(model, "_no_split_modules", None) or ())
    for block in [module for module in model.modules() if type(module).__name__ in kinds]:
        if settings.checkpointing:
            block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)
        if settings.compile:
            block.forward = torch.compile(block.forward, dynamic=False)
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            # The parts of sequences in the loss are parts of the whole batch: gradients are added up, never averaged.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)
    root = cast(FSDPModule, model)
    if hasattr(root, "set_reduce_scatter_unused_params"):
        # An expert that got tokens on one rank only.
        root.set_reduce_scatter_unused_params(True)
    elif any(".experts." in name for name, _ in model.named_parameters()):
        message = f"PyTorch {torch.__version__} cannot train a mixture of experts on several processes"
        raise WorkerError("environment", message, "Leave out processes, or install a newer PyTorch.")


def local_of(tensor: Tensor) -> Tensor:
    """The rows that this rank holds, not copied."""
    return cast(DTensor, tensor.detach()).to_local()


def gathered(local: Tensor, shape: tuple[int, ...], device: torch.device) -> Tensor:
    """A whole array from the rows of all ranks, which all call this."""
    mesh = DeviceMesh.from_group(cast(dist.ProcessGroup, dist.group.WORLD), device.type)
    stride = tuple(math.prod(shape[at + 1 :]) for at in range(len(shape)))
    whole = DTensor.from_local(local, mesh, [Shard(0)], run_check=False, shape=torch.Size(shape), stride=stride)
    return whole.full_tensor()


class ShardedOptimizer(Optimizer):
    """
    AdamW on the rows of this rank: it treats every element alone, so this is AdamW of the whole. Only the norm of the
    gradient is exchanged.
    """

    def __init__(self, model: nn.Module, spec: OptimizerSpec, ranks: Ranks) -> None:
        self._model = model
        self._ranks = ranks
        # After a forward pass without a backward pass, some parameters are still whole.
        cast(FSDPModule, model).reshard()
        self._whole = dict(model.named_parameters())
        super().__init__(
            {
                name: nn.Parameter(local_of(parameter), requires_grad=parameter.requires_grad)
                for name, parameter in self._whole.items()
            },
            spec,
        )
        self._held: State | None = None

    def bind(self, state: State | None) -> None:
        """
        As in `Optimizer`. The model always computes on the same memory, so that weights are copied into it, and those
        of the last state out of it.
        """
        cast(FSDPModule, self._model).reshard()
        for name, parameter in self._parameters.items():
            if self._held is not None:
                self._held.weights[name] = parameter.data.clone()
            if state is None:
                self._adamw.state.pop(parameter, None)
                continue
            parameter.data.copy_(state.weights[name])
            state.weights[name] = parameter.data
            self.adopt(name, parameter, state)
        self._held = state
        self.clear()

    def norm(self) -> Tensor:
        """The global norm of the gradient of all ranks."""
        for name, parameter in self._parameters.items():
            gradient = self._whole[name].grad
            parameter.grad = None if gradient is None else local_of(gradient)
        own = super().norm().double()
        return torch.tensor(math.sqrt(self._ranks.total(float(own) ** 2)))

    def clear(self) -> None:
        super().clear()
        for parameter in self._whole.values():
            parameter.grad = None
