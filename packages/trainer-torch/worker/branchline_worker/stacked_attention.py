"""Attention of stacked runs, as attention of a larger batch: it has no weights, so runs and rows are alike to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode


@torch.library.custom_op("branchline::attention", mutates_args=())
def attention(
    query: Tensor, key: Tensor, value: Tensor, is_causal: bool, scale: float | None, enable_gqa: bool
) -> Tensor:
    """`scaled_dot_product_attention` without a mask, of one run."""
    return scaled_dot_product_attention(query, key, value, None, 0.0, is_causal, scale=scale, enable_gqa=enable_gqa)


@attention.register_vmap
def _(
    info: Any,  # noqa: ANN401 - a class without a public name
    in_dims: tuple[int | None, ...],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool,
) -> tuple[Tensor, int]:
    """On a CPU, torch has no such rule: it takes run by run, and fills whole arrays for the gradient of each."""
    arrays = [
        one.expand(info.batch_size, *one.shape) if dim is None else one.movedim(dim, 0)
        for one, dim in zip((query, key, value), in_dims, strict=False)
    ]
    query, key, value = (one.flatten(0, 1) for one in arrays)
    found = scaled_dot_product_attention(query, key, value, None, 0.0, is_causal, scale=scale, enable_gqa=enable_gqa)
    return found.unflatten(0, arrays[0].shape[:2]), 0


class StackedAttention(TorchFunctionMode):
    """
    Computes attention without a mask as that of a larger batch. `is_mixed`: in bfloat16, as autocast does, except
    under vmap.
    """

    def __init__(self, is_mixed: bool) -> None:
        super().__init__()
        self._is_mixed = is_mixed

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        if func is not scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        return self._attention(*args, **(kwargs or {}))

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if self._is_mixed:
            query, key, value = query.bfloat16(), key.bfloat16(), value.bfloat16()
        if attn_mask is None and dropout_p == 0:
            return attention(query, key, value, is_causal, scale, enable_gqa)
        return scaled_dot_product_attention(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
