"""
Linear layers through oneDNN, where PyTorch's own choice is slow. In float32 PyTorch multiplies matrices with MKL, which
leaves half of the vector units of an AMD processor idle; oneDNN, in the same wheel, does not.
"""

from __future__ import annotations

import functools
from typing import Any, cast

import torch
from torch import Tensor, nn


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x @ weight.T + bias` by oneDNN, for any leading dimensions of `x`."""
    return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], ""))


@functools.cache
def is_available() -> bool:
    """Whether this PyTorch can multiply float32 matrices by oneDNN. The operator is of PyTorch's own compiler."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        product(torch.ones(2, 2), torch.ones(2, 2))
    except (AttributeError, RuntimeError):
        return False
    return True


class Linear(torch.autograd.Function):
    """A linear layer of which all three products, forward and backward, are by oneDNN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: ANN401 - not typed
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        return product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, Tensor | None, Tensor | None]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        rows, inputs = gradients[0].flatten(0, -2), x.flatten(0, -2)
        wants_x, wants_weight, _ = ctx.needs_input_grad
        return (
            product(rows, weight.t()).view(x.shape) if wants_x else None,
            product(rows.t(), inputs.t()) if wants_weight else None,
            rows.sum(0) if ctx.has_bias else None,
        )


def use_one_dnn(model: nn.Module) -> None:
    """Lets every linear layer of a float32 model on the CPU compute by oneDNN."""
    for module in model.modules():
        if type(module) is nn.Linear:
            module.forward = functools.partial(forward, module)  # type: ignore[method-assign]


def forward(layer: nn.Linear, x: Tensor) -> Tensor:
    """The output of a layer."""
    return cast(Tensor, cast(Any, Linear).apply(x, layer.weight, layer.bias))
