"""Causal language models of transformers, and their states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModelForCausalLM

from .errors import WorkerError
from .messages import Settings

FIRST = "exp_avg."
SECOND = "exp_avg_sq."
STEP = "step"

Shapes = Mapping[str, Sequence[int]]

Losses = Callable[[Tensor, Tensor], Tensor]
"""Inputs and targets, each `rows x context`, to negative log-likelihoods in nats, `rows x context`."""


def build(config: Mapping[str, Any], shapes: Shapes, settings: Settings, device: torch.device) -> nn.Module:
    """
    The model of a Hugging Face config, in float32. Raises when its parameters are not those of `shapes`, in the same
    order.
    """
    values = dict(config)
    kind = values.pop("model_type", None)
    # Not options of a config, but of saving and loading.
    for name in ("architectures", "torch_dtype", "dtype"):
        values.pop(name, None)
    try:
        made = AutoConfig.for_model(kind, **values)
        with torch.device(device):
            model = AutoModelForCausalLM.from_config(made, attn_implementation="sdpa", dtype=torch.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise WorkerError("input", f"transformers cannot build a model of type {kind!r}: {error}") from error
    found = {name: list(parameter.shape) for name, parameter in model.named_parameters()}
    wanted = {name: list(shape) for name, shape in shapes.items()}
    if list(found.items()) != list(wanted.items()):
        differing = sorted(set(map(str, found.items())) ^ set(map(str, wanted.items())))
        raise WorkerError(
            "environment",
            f"the {kind} model of this transformers has other parameters: {', '.join(differing[:4]) or 'their order'}",
            "Install another transformers: npx branchline backend install torch.",
        )
    if settings.checkpointing:
        # The newer name is not in every version that the worker runs on.
        enable = getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)
        enable({"use_reentrant": False})
    model.train()
    return cast(nn.Module, model)


def losses_of(model: nn.Module, settings: Settings, device: torch.device) -> Losses:
    """The loss of every target. Logits are float32 whatever the precision."""

    def losses(inputs: Tensor, targets: Tensor) -> Tensor:
        logits = logits_of(model, inputs, settings, device)
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)

    return cast(Losses, torch.compile(losses, dynamic=False)) if settings.compile else losses


def logits_of(model: nn.Module, inputs: Tensor, settings: Settings, device: torch.device) -> Tensor:
    """Logits, `rows x context x vocabulary`, in float32."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16"):
        logits: Tensor = model(input_ids=inputs, use_cache=False).logits
    return logits.float()


class State:
    """Weights and AdamW's moments, in float32, by the names of the model's parameters."""

    def __init__(self, weights: Mapping[str, Tensor], moments: Mapping[str, Tensor] | None, step: int) -> None:
        self.weights = dict(weights)
        zeros = {name: torch.zeros_like(tensor) for name, tensor in weights.items()} if moments is None else {}
        self.first = zeros or {name: (moments or {})[FIRST + name] for name in weights}
        self.second = {name: tensor.clone() for name, tensor in zeros.items()} or {
            name: (moments or {})[SECOND + name] for name in weights
        }
        self.step = step
        """Steps since the moments were zero."""
        # AdamW of torch counts for each parameter.
        self.steps = {name: torch.tensor(float(step), device=tensor.device) for name, tensor in weights.items()}

    def moments(self) -> list[tuple[str, Tensor]]:
        """The arrays of the group `optimizer`, in the order in which every trainer stores them."""
        return [
            *((FIRST + name, tensor) for name, tensor in self.first.items()),
            *((SECOND + name, tensor) for name, tensor in self.second.items()),
            (STEP, torch.tensor([self.step], dtype=torch.int32)),
        ]


def moment_shapes(shapes: Shapes) -> dict[str, Sequence[int]]:
    """The shapes of `State.moments`."""
    first = {FIRST + name: shape for name, shape in shapes.items()}
    second = {SECOND + name: shape for name, shape in shapes.items()}
    return {**first, **second, STEP: [1]}
