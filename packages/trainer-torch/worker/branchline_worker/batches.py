"""What a step and an evaluation do with rows of tokens, on any device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .data import Tokens
from .errors import WorkerError

Shares = npt.NDArray[np.float64]


def shares_of(ids: Sequence[int], weights: Sequence[float] | None) -> Shares:
    """The share of each sequence of a step in its loss; their sum is 1."""
    if len(ids) == 0:
        raise WorkerError("input", "a step needs at least one sequence")
    shares: np.ndarray[Any, Any] = np.ones(len(ids)) if weights is None else np.array(weights, dtype=np.float64)
    total = float(shares.sum())
    if shares.size != len(ids) or not math.isfinite(total) or total <= 0:
        raise WorkerError("input", "a step needs one loss weight for each sequence, with a sum above 0")
    return shares / total


def assert_finite(step: int, rate: float, loss: float, norm: float) -> None:
    """Raises when the model diverged."""
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise WorkerError(
            "diverged",
            f"the model diverged: step {step} at learning rate {rate} gave loss {loss} and gradient norm {norm}",
            "Lower lr.peak, or lengthen lr.warmup.",
        )


def to_device(rows: Tokens, device: torch.device) -> Tensor:
    """Tokens on a device; without waiting for it, where it allows that."""
    tokens = torch.from_numpy(rows)
    if device.type == "cuda":
        return tokens.pin_memory().to(device, non_blocking=True)
    return tokens.to(device)


def row_sums(nll: Tensor) -> Tensor:
    """Sums over the last dimension, the tokens of a sequence, in float64 where the device has it."""
    return (nll.cpu() if nll.device.type == "mps" else nll).double().sum(-1)
