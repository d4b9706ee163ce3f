"""AdamW with Branchline's rules, on the parameters of one model."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .messages import OptimizerSpec
from .model import State


class Optimizer:
    """
    AdamW (Loshchilov and Hutter, 2019): decay, multiplied by the rate, of matrices and not of vectors; moments
    corrected by their number of steps. The kernel of torch is fused.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], spec: OptimizerSpec) -> None:
        self._spec = spec
        self._parameters = parameters
        self._trained = [parameter for parameter in self._parameters.values() if parameter.requires_grad]
        matrices = [parameter for parameter in self._trained if parameter.ndim > 1]
        vectors = [parameter for parameter in self._trained if parameter.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": float(spec.weightDecay)},
            {"params": vectors, "weight_decay": 0.0},
        ]
        betas = (float(spec.beta1), float(spec.beta2))
        self._adamw = torch.optim.AdamW(
            [group for group in groups if group["params"]], lr=0.0, betas=betas, eps=float(spec.epsilon), fused=True
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
            group["lr"] = rate
        self._adamw.step()

    def clear(self) -> None:
        """Frees the gradient."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def _gradients(self) -> list[Tensor]:
        return [parameter.grad for parameter in self._parameters.values() if parameter.grad is not None]
