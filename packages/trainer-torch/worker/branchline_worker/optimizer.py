"""AdamW with Branchline's rules, on the parameters of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .errors import WorkerError
from .messages import OptimizerSpec, parse
from .model import State


@dataclass(frozen=True)
class Factors:
    """Factors of the optimizer's numbers for some parameters."""

    rate: float = 1.0
    weightDecay: float = 1.0
    epsilon: float = 1.0


class Optimizer:
    """
    AdamW (Loshchilov and Hutter, 2019): decay, multiplied by the rate, of matrices and not of vectors; moments
    corrected by their number of steps. Parameters can have factors of rate, decay and epsilon. The kernel of torch is
    fused.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], spec: OptimizerSpec) -> None:
        self._spec = spec
        self._parameters = parameters
        self._trained = [parameter for parameter in self._parameters.values() if parameter.requires_grad]
        factors = factors_of(self._parameters, spec)
        groups: dict[tuple[bool, Factors], list[nn.Parameter]] = {}
        for name, parameter in self._parameters.items():
            if parameter.requires_grad:
                groups.setdefault((parameter.ndim > 1, factors.get(name, Factors())), []).append(parameter)
        betas = (float(spec.beta1), float(spec.beta2))
        self._adamw = torch.optim.AdamW(
            [
                {
                    "params": members,
                    "weight_decay": float(spec.weightDecay * own.weightDecay) if is_matrix else 0.0,
                    "eps": float(spec.epsilon * own.epsilon),
                    "rate_factor": float(own.rate),
                }
                # Matrices first.
                for (is_matrix, own), members in sorted(groups.items(), key=lambda group: not group[0][0])
            ],
            lr=0.0,
            betas=betas,
            fused=True,
        )

    def bind(self, state: State | None) -> None:
        """Lets the model and this optimizer work on the arrays of a state, or on none."""
        for name, parameter in self._parameters.items():
            parameter.grad = None
            if state is None:
                parameter.data = torch.empty(0, device=parameter.device)
                self._adamw.state.pop(parameter, None)
                continue
            parameter.data = state.weights[name]
            self.adopt(name, parameter, state)

    def adopt(self, name: str, parameter: nn.Parameter, state: State) -> None:
        """Lets AdamW work on the moments of a state."""
        self._adamw.state[parameter] = {
            "step": state.steps[name],
            "exp_avg": state.first[name],
            "exp_avg_sq": state.second[name],
        }

    def norm(self) -> Tensor:
        """The global L2 norm of the gradient."""
        for parameter in self._trained:
            # An expert that no token was routed to: every parameter counts the same steps.
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        return torch.nn.utils.get_total_norm(self._gradients())

    def update(self, rate: float, norm: float) -> None:
        """One step at a rate, after clipping a gradient of this norm."""
        limit = self._spec.clipNorm
        if limit > 0 and norm > limit:
            torch._foreach_mul_(self._gradients(), limit / norm)
        for group in self._adamw.param_groups:
            group["lr"] = rate * group["rate_factor"]
        self._adamw.step()

    def clear(self) -> None:
        """Frees the gradient."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def _gradients(self) -> list[Tensor]:
        return [parameter.grad for parameter in self._parameters.values() if parameter.grad is not None]


def factors_of(parameters: Mapping[str, Any], spec: OptimizerSpec) -> dict[str, Factors]:
    """The factors of those parameters that have any. Raises for a parameter that the model does not have."""
    found: dict[str, Factors] = {}
    for index, group in enumerate(spec.groups or []):
        own = parse(Factors, group, f"optimizer.groups[{index}]")
        for name in group["parameters"]:
            if name not in parameters:
                message = f"{name} has factors of the optimizer, and is no parameter of the model"
                raise WorkerError("input", message, "Leave out training.optimizer.groups.")
            found[name] = own
    return found
