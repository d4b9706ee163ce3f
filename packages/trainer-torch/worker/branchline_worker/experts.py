"""Mixture-of-experts layers of the decoder: their load-balancing loss."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from .messages import OptimizerSpec, parse


@dataclass(frozen=True)
class Experts:
    """The experts of each layer."""

    count: int
    active: int
    """Those that a token uses."""
    balance: float
    """Weight of the load-balancing loss."""


PARAMETERS = (
    (r"\.block_sparse_moe\.gate\.weight$", ".mlp.gate.weight"),
    (r"\.block_sparse_moe\.experts\.\d+\.w[13]\.weight$", ".mlp.experts.gate_up_proj"),
    (r"\.block_sparse_moe\.experts\.\d+\.w2\.weight$", ".mlp.experts.down_proj"),
)
"""Names of stored arrays, and of the parameters of transformers that have them."""


def with_parameters(spec: OptimizerSpec) -> OptimizerSpec:
    """Factors of stored arrays as factors of parameters, which have the arrays of all experts."""
    if spec.groups is None:
        return spec
    groups = [{**one, "parameters": sorted({parameter_of(name) for name in one["parameters"]})} for one in spec.groups]
    return replace(spec, groups=groups)


def parameter_of(name: str) -> str:
    """The parameter that has a stored array."""
    for pattern, parameter in PARAMETERS:
        name = re.sub(pattern, parameter, name)
    return name


def experts_of(model: Mapping[str, Any]) -> Experts | None:
    """Those of a decoder in a request. None: it has none, or is a checkpoint that is trained as it is kept."""
    return parse(Experts, model["experts"], "model.experts") if "experts" in model else None


def balance_of(routing: Sequence[Tensor], experts: Experts, rows: int) -> Tensor:
    """
    The weighted load-balancing loss of each sequence, summed over layers: `count / active` times the sum over experts
    of the share of tokens that use it and the mean of its probabilities. `routing` has the logits of the router in each
    layer, `rows * context x count`.
    """
    total = torch.zeros(rows, device=routing[0].device)
    for logits in routing:
        # As in the router, so that these are the experts that it chose.
        shares = torch.softmax(logits.float(), dim=-1)
        _, chosen = torch.topk(shares.detach(), experts.active, dim=-1)
        used = torch.zeros_like(shares).scatter(-1, chosen, 1.0)
        by_row = (rows, -1, experts.count)
        total = total + (used.view(by_row).mean(1) * shares.view(by_row).mean(1)).sum(-1)
    return total * (experts.balance * experts.count / experts.active)


def with_gradient_of(value: Tensor, more: Tensor) -> Tensor:
    """`value` itself, with the gradient of `value + more`."""
    return value + (more - more.detach())
