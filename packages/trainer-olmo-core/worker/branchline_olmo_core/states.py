"""States: weights, moments and their number of steps, as the parts of this rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.optim import Optimizer

from .arrays import local_of

FIRST = "exp_avg."
SECOND = "exp_avg_sq."
STEP = "step"
"""Names of moments in checkpoints; the group `optimizer` ends with their number of steps."""


class State:
    """Everything is as the parameters of this rank are: parts, on its device."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], weights: Mapping[str, Tensor], step: int) -> None:
        """Takes over the weights, parts of this rank. Moments are zero."""
        self.weights = dict(weights)
        self.first = {name: torch.zeros_like(one.detach()) for name, one in parameters.items()}
        self.second = {name: torch.zeros_like(one.detach()) for name, one in parameters.items()}
        self.step = step
        """Steps since the moments were zero."""


class Binding:
    """
    Lets the train module work on one state at a time. It always computes on the same memory: weights are copied into
    it, and those of the last state out of it; moments are handed over.
    """

    def __init__(
        self, parts: Sequence[nn.Module], parameters: Mapping[str, nn.Parameter], optimizers: Sequence[Optimizer]
    ) -> None:
        self._sharded = [one for part in parts for one in part.modules() if isinstance(one, FSDPModule)]
        self._parameters = parameters
        self._owner = {
            id(one): optimizer
            for optimizer in optimizers
            for group in optimizer.param_groups
            for one in group["params"]
        }
        self._state: State | None = None

    def bind(self, state: State | None) -> None:
        """Makes the train module continue a state, or none."""
        if state is self._state:
            return
        for module in self._sharded:
            # After a forward pass without a backward pass, some of its parameters are still whole, and stay so.
            module.reshard()
        for name, parameter in self._parameters.items():
            memory = local_of(parameter)
            if self._state is not None:
                self._state.weights[name] = memory.clone()
            own = self._owner[id(parameter)].state
            own.pop(parameter, None)
            if state is None:
                continue
            memory.copy_(state.weights.pop(name))
            own[parameter] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": state.first[name],
                "exp_avg_sq": state.second[name],
            }
        self._state = state

    def weights(self, state: State) -> Mapping[str, Tensor]:
        """The weights of a state, like the parameters. It is bound for that."""
        self.bind(state)
        return {name: parameter.detach() for name, parameter in self._parameters.items()}

    def forget(self, state: State) -> None:
        """Frees what this holds of a state."""
        if self._state is state:
            self.bind(None)
