"""Several runs of one model, trained together: their weights are stacked, and each operation computes all of them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from .batches import Shares, assert_finite, row_sums, to_device
from .data import Tokens
from .device import Device
from .errors import WorkerError, as_worker_error
from .experts import Experts, balance_of, with_gradient_of
from .messages import OptimizerSpec, Settings
from .model import PROBED, State, reason_of
from .optimizer import Optimizer
from .stacked_attention import StackedAttention

ALIGNED = 16
"""Slots begin at multiples of so many floats: matrix libraries can choose kernels by the alignment of an array."""

COMPARED = 3
"""Batches for which all slots are compared."""

UNEVEN_REMEDY = (
    "On a CPU, choose batch, context and widths of the model such that batch x context x width is a multiple of 64 "
    "for each width (heads, hidden layer); or leave out stack."
)

REMEDY = "Leave out stack, and train its runs one by one."

Stacked = Mapping[str, Tensor]
"""Arrays with a first dimension for the slots, by the names of the model's parameters."""


@dataclass(frozen=True)
class Wanted:
    """A step that one run wants."""

    state: State
    rate: float
    rows: Tokens
    shares: Shares


@dataclass(frozen=True)
class Gradients:
    """The losses of all slots, and the gradients of all parameters that have one."""

    losses: list[float]
    of: dict[str, Tensor]


Outcome = tuple[float, float] | WorkerError
"""Loss and gradient norm before clipping, or why the state is as it was before."""


class Slot:
    """A place of one run in the stack, with an optimizer of its own: rate, clipping and steps differ among runs."""

    def __init__(self, weights: Mapping[str, Tensor], spec: OptimizerSpec) -> None:
        self.weights = {name: one.detach() for name, one in weights.items()}
        self._parameters = {name: nn.Parameter(one.detach(), one.requires_grad) for name, one in weights.items()}
        self.optimizer = Optimizer(self._parameters, spec)
        self.state: State | None = None

    def enter(self, state: State) -> None:
        """Moves the weights of a run into the stack, where its state uses them from now on."""
        for name, own in self.weights.items():
            own.copy_(state.weights[name])
            state.weights[name] = own
        self.optimizer.bind(state)
        self.state = state

    def leave(self, keep: bool) -> None:
        """Frees the slot. `keep`: the run is still needed, and gets weights of its own again."""
        if keep and self.state is not None:
            self.state.weights = {name: own.clone() for name, own in self.weights.items()}
        self.optimizer.bind(None)
        self.state = None

    def norm(self, gradients: Mapping[str, Tensor]) -> Tensor:
        """The norm of the gradient of this slot."""
        for name, parameter in self._parameters.items():
            parameter.grad = gradients.get(name)
        return self.optimizer.norm()


class Stack:
    """
    A fixed number of slots, of which every step computes all, in use or not. So the shape of every operation is always
    the same, and the bits of a run do not depend on its slot, nor on the runs in the others. On deterministic devices,
    the first step of each batch size verifies that.
    """

    def __init__(
        self,
        model: nn.Module,
        spec: OptimizerSpec,
        settings: Settings,
        context: int,
        device: Device,
        experts: Experts | None = None,
    ) -> None:
        """`model` must have weights. Raises when its operations cannot be stacked."""
        self._settings = settings
        self._device = device
        # Operations without a rule are computed slot by slot, which torch warns of.
        warnings.filterwarnings("ignore", message=".*batching rule.*")
        self._losses = losses_of(model, settings, device.torch, experts)
        self._vocabulary = int(cast(Any, model).get_input_embeddings().num_embeddings)
        self._weights = {
            name: aligned(one.detach(), settings.stack).requires_grad_(one.requires_grad)
            for name, one in model.named_parameters()
        }
        probe(model, self._weights, min(PROBED, context), self._vocabulary)
        self._slots = [
            Slot({name: one[slot] for name, one in self._weights.items()}, spec) for slot in range(settings.stack)
        ]
        self._verified: set[int] = set()

    def release(self, state: State) -> None:
        """Frees the slot of a run that is not needed any more."""
        for slot in self._slots:
            if slot.state is state:
                slot.leave(keep=False)

    def step(self, steps: Sequence[Wanted]) -> list[Outcome]:
        """One step of each of several runs with equal batch sizes. A run that diverges does not touch the others."""
        at = self._places([one.state for one in steps])
        rows = np.zeros((len(self._slots), *steps[0].rows.shape), dtype=np.int64)
        shares = np.zeros(rows.shape[:2])
        for slot, one in zip(at, steps, strict=True):
            rows[slot], shares[slot] = one.rows, one.shares
        found = self._gradients(self._weights, rows, shares)
        if self._device.deterministic and len(steps[0].rows) not in self._verified:
            self._verify(at[0], rows, shares, found)
        norms = torch.stack(
            [self._slots[slot].norm({name: one[slot] for name, one in found.of.items()}) for slot in at]
        ).tolist()
        outcomes: list[Outcome] = []
        for slot, one, norm in zip(at, steps, norms, strict=True):
            optimizer = self._slots[slot].optimizer
            try:
                assert_finite(one.state.step + 1, one.rate, found.losses[slot], norm)
                optimizer.update(one.rate, norm)
                one.state.step += 1
                outcomes.append((found.losses[slot], norm))
            except WorkerError as error:
                outcomes.append(error)
            finally:
                optimizer.clear()
        return outcomes

    def _places(self, states: Sequence[State]) -> list[int]:
        """The slots of runs. Those that have none get an empty one, or that of a run that is not among them."""
        for state in states:
            if any(slot.state is state for slot in self._slots):
                continue
            free = [slot for slot in self._slots if slot.state is None]
            other = [slot for slot in self._slots if all(slot.state is not one for one in states)]
            if not free + other:
                raise WorkerError("input", f"a stack of {len(self._slots)} cannot train {len(states)} runs together")
            place = (free + other)[0]
            place.leave(keep=True)
            place.enter(state)
        return [next(at for at, slot in enumerate(self._slots) if slot.state is state) for state in states]

    def _gradients(self, weights: Stacked, rows: Tokens, shares: Shares) -> Gradients:
        """Adds up the gradients over micro-batches. Slots do not mix: the gradient of a sum is that of each term."""
        batch, tokens = rows.shape[1], rows.shape[2]
        size = self._settings.microBatch or batch
        losses = torch.zeros(len(rows), dtype=torch.float64)
        try:
            for start in range(0, batch, size):
                part = to_device(np.ascontiguousarray(rows[:, start : start + size]), self._device.torch)
                factors = torch.from_numpy(shares[:, start : start + size] / (tokens - 1))
                nll = self._losses(weights, part[:, :, :-1], part[:, :, 1:])
                (nll * factors.to(nll.device, torch.float32)[:, :, None]).sum().backward()
                losses += (row_sums(nll.detach()).cpu() * factors).sum(1)
            return Gradients(losses.tolist(), {name: one.grad for name, one in weights.items() if one.grad is not None})
        finally:
            for one in weights.values():
                one.grad = None

    def _verify(self, slot: int, rows: Tokens, shares: Shares, found: Gradients) -> None:
        """
        Computes the gradient of one run in every slot, also for other tokens, and compares the slots with each other
        and with what was found. They can differ on a CPU: its vector instructions take so many elements at a time,
        whatever slot they belong to, and compute what is left over in another way.
        """
        if not math.isfinite(found.losses[slot]):
            return
        filled = {name: aligned(one.detach()[slot], len(rows)).requires_grad_() for name, one in self._weights.items()}
        every = [slot] * len(rows)
        for shift in range(COMPARED):
            own = self._gradients(filled, (rows[every] + shift) % self._vocabulary, shares[every])
            first = found if shift == 0 else own
            at = slot if shift == 0 else 0
            if set(own.losses) != {first.losses[at]} or not all(
                torch.equal(gradient, first.of[name][at]) for name, slots in own.of.items() for gradient in slots
            ):
                message = "bits depend on the place in a stack with this model and batch, so no run would repeat"
                raise WorkerError("environment", message, UNEVEN_REMEDY)
        self._verified.add(rows.shape[1])


def aligned(tensor: Tensor, slots: int) -> Tensor:
    """A stack with a tensor in every slot."""
    size = tensor.numel()
    padded = torch.zeros(slots, -(-size // ALIGNED) * ALIGNED, dtype=tensor.dtype, device=tensor.device)
    return padded[:, :size].unflatten(1, tensor.shape).copy_(tensor)


def losses_of(
    model: nn.Module, settings: Settings, device: torch.device, experts: Experts | None
) -> Callable[[Stacked, Tensor, Tensor], Tensor]:
    """
    Stacked weights, inputs and targets, each `slots x rows x context`, to the loss of every target, in nats. With
    `experts`, as `losses_of` of single runs.
    """
    is_balanced = experts is not None and experts.balance > 0
    outputs_of = stacked(model, is_balanced)
    is_mixed = settings.precision == "bfloat16"

    def losses(weights: Stacked, inputs: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_mixed), StackedAttention(is_mixed):
            logits, *routing = outputs_of(weights, inputs)
        nll = functional.cross_entropy(logits.float().flatten(0, 2), targets.flatten(), reduction="none")
        nll = nll.view(targets.shape)
        if experts is None or not is_balanced:
            return nll
        slots, rows = inputs.shape[:2]
        balance = balance_of([one.flatten(0, 1) for one in routing], experts, slots * rows)
        return with_gradient_of(nll, balance.view(slots, rows, 1))

    return losses


def as_function(model: nn.Module, wants_routing: bool = False) -> Callable[[Stacked, Tensor], tuple[Tensor, ...]]:
    """A model as a function of weights and inputs, to logits, and to those of the router in each layer if wanted."""
    options = {"use_cache": False, **({"output_router_logits": True} if wants_routing else {})}

    def outputs(weights: Stacked, inputs: Tensor) -> tuple[Tensor, ...]:
        found = functional_call(model, dict(weights), kwargs={"input_ids": inputs, **options})
        return (found.logits, *(found.router_logits if wants_routing else ()))

    return outputs


def stacked(model: nn.Module, wants_routing: bool = False) -> Callable[[Stacked, Tensor], tuple[Tensor, ...]]:
    """A model as a function of stacked weights and inputs, to its outputs in each slot."""
    # Dropout has the probability 0, but the operation counts as random.
    return torch.vmap(as_function(model, wants_routing), randomness="same")


def probe(model: nn.Module, weights: Stacked, length: int, vocabulary: int) -> None:
    """Raises when stacked weights do not give the logits of the model, or no gradient."""
    kind = type(model).__name__
    first = next(iter(weights.values()))
    slots = len(first)
    tokens = torch.arange(slots * length, device=first.device).remainder(vocabulary).view(slots, 1, length)
    # Other weights in each slot.
    factors = 1 + torch.arange(slots, device=first.device) / slots
    varied = {
        name: (one.detach() * factors.view(slots, *[1] * (one.ndim - 1))).requires_grad_()
        for name, one in weights.items()
    }
    try:
        with StackedAttention(is_mixed=False):
            logits = stacked(model)(varied, tokens)[0].float()
        logits.square().mean().backward()
    except Exception as error:
        known = as_worker_error(error)
        if known.kind == "out-of-memory":
            raise known from error
        raise WorkerError("input", f"the {kind} cannot be trained in stacks: {reason_of(error)}", REMEDY) from error
    with torch.no_grad():
        single = [
            as_function(model)({name: one[slot] for name, one in varied.items()}, tokens[slot])[0]
            for slot in range(slots)
        ]
    alone = torch.stack(single).float()
    if float((alone - logits.detach()).abs().max()) > 1e-3 * float(alone.abs().max()):
        raise WorkerError("input", f"the {kind} cannot be trained in stacks: its results would be others", REMEDY)
