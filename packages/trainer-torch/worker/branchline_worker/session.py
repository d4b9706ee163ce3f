"""What one trainer asks of the worker: a model, its data, and states by number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .batches import Shares, assert_finite, row_sums, shares_of, to_device
from .data import TokenFiles, TokenRange, Tokens, check_tokens, read_passages
from .device import Device, set_up
from .errors import WorkerError
from .experts import Experts, experts_of, with_parameters
from .layout import Shapes, shapes_of
from .messages import Distillation, OptimizerSpec, Settings, parse
from .model import (
    FIRST,
    SECOND,
    STEP,
    State,
    build,
    check,
    distilled_losses_of,
    logits_of,
    losses_of,
    moment_shapes,
    probe,
)
from .optimizer import Optimizer
from .stack import Stack, Wanted
from .teacher import Teacher
from .tensors import read_tensors, write_tensors

EVALUATION_ROWS = 16
"""Most sequences of an evaluation call."""

EVALUATION_LOGITS = 1 << 26
"""Most logits of an evaluation call."""


class Session:
    """Answers requests. Every public method is one, with the fields of the message as arguments."""

    def __init__(self, beat: Callable[[], None] = lambda: None) -> None:
        self._beat = beat
        self._states: dict[int, State] = {}
        self._teachers: dict[int, Teacher] = {}
        self._bound: State | None = None
        self._next = 1
        self._device: Device | None = None

    def open(
        self,
        model: Mapping[str, Any],
        optimizer: Mapping[str, Any],
        data: Mapping[str, Any],
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Sets up a model. Everything of an earlier one is dropped."""
        self.close()
        self._settings = parse(Settings, settings, "settings")
        self._spec = parse(OptimizerSpec, optimizer, "optimizer")
        device = self._set_up()
        ranges = [parse(TokenRange, one, "data.files") for one in data["files"]]
        self._data = TokenFiles(data["context"], data["vocabulary"], ranges)
        experts = experts_of(model)
        if experts is not None:
            self._spec = with_parameters(self._spec)
        self._build(model["config"], shapes_of(model), device.torch, experts)
        self._losses = losses_of(self._model, self._settings, device.torch, experts)
        self._distilled_losses = distilled_losses_of(self._model, self._settings, device.torch)
        if self._settings.stack > 1:
            self._stack = Stack(self._model, self._spec, self._settings, self._data.context, device, experts)
        self._optimizer.bind(None)
        rows = EVALUATION_LOGITS // (self._data.context * self._data.vocabulary)
        self._rows = max(1, min(EVALUATION_ROWS, rows))
        self._device = device
        return {
            "device": device.name,
            "units": device.units,
            "deterministic": device.deterministic,
            "numerics": device.numerics,
            "processor": device.processor,
            "engine": f"torch {torch.__version__} ({device.torch.type})",
        }

    def _set_up(self) -> Device:
        return set_up(self._settings)

    def _build(self, config: Mapping[str, Any], shapes: Shapes, device: torch.device, experts: Experts | None) -> None:
        """Sets model, layout and optimizer."""
        self._model, self._layout = build(config, shapes, self._settings, device, experts is not None)
        probe(self._model, self._data.context, self._data.vocabulary, device)
        self._optimizer = Optimizer(dict(self._model.named_parameters()), self._spec)

    def check(self, model: Mapping[str, Any], context: int) -> dict[str, list[dict[str, str | None]]]:
        """What keeps a model from being trained, all at once; what is open stays open."""
        problems = check(model["config"], shapes_of(model), context)
        return {"problems": [{"message": one.message, "remedy": one.remedy} for one in problems]}

    def close(self) -> None:
        """Frees everything."""
        self._states.clear()
        self._teachers.clear()
        self._bound = None
        self._next = 1
        for name in ("_model", "_layout", "_losses", "_distilled_losses", "_optimizer", "_data", "_stack"):
            if hasattr(self, name):
                delattr(self, name)
        if self._device is not None and self._device.torch.type == "cuda":
            torch.cuda.empty_cache()
        self._device = None

    def add_files(self, files: Sequence[Mapping[str, Any]]) -> None:
        """More token files."""
        ranges = [parse(TokenRange, one, "files") for one in files]
        self._data = self._data.with_more(ranges)

    def restore(self, weights: str, optimizer: str | None = None) -> dict[str, int]:
        """A state from safetensors files; without `optimizer`, moments are zero."""
        device = self._open().torch
        loaded = self._parameters(self._read(weights, self._layout.stored, device))
        if optimizer is None:
            return self._keep(State(loaded, None, 0))
        moments = self._read(optimizer, moment_shapes(self._layout.moments), device)
        step = int(moments.pop(STEP).item())
        if self._layout.splits_moments:
            moments = {
                prefix + name: tensor
                for prefix in (FIRST, SECOND)
                for name, tensor in self._parameters(
                    {name: moments[prefix + name] for name in self._layout.stored}
                ).items()
            }
        return self._keep(State(loaded, moments, step))

    def combine(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """The weighted sum of the weights of files, in float64, rounded once; moments are zero."""
        if len(parts) == 0:
            raise WorkerError("input", "a combination needs at least one checkpoint")
        device = self._open().torch
        # Accelerators of Apple have no float64.
        place = torch.device("cpu") if device.type == "mps" else device
        sums: dict[str, Tensor] = {}
        for part in parts:
            for name, tensor in self._read(part["weights"], self._layout.stored, place).items():
                wide = tensor.double()
                sums.setdefault(name, torch.zeros_like(wide)).add_(wide, alpha=float(part["weight"]))
            self._beat()
        arrays = {name: tensor.float().to(device) for name, tensor in sums.items()}
        return self._keep(State(self._parameters(arrays), None, 0))

    def save(self, state: int, weights: str | None = None, optimizer: str | None = None) -> None:
        """Writes groups of a state to new files."""
        own = self._state(state)
        if weights is not None:
            self._write_weights(weights, own)
        if optimizer is not None:
            self._write_moments(optimizer, own)

    def _read(self, path: str, shapes: Shapes, device: torch.device) -> dict[str, Tensor]:
        """Arrays of a file."""
        return read_tensors(path, shapes, device)

    def _parameters(self, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Arrays as they are stored, as parameters."""
        return self._layout.to_parameters(arrays)

    def _write_weights(self, path: str, state: State) -> None:
        write_tensors(path, list(self._layout.to_arrays(state.weights).items()))

    def _write_moments(self, path: str, state: State) -> None:
        write_tensors(path, state.moments(self._layout.to_arrays if self._layout.splits_moments else dict))

    def dispose(self, state: int) -> None:
        """Frees a state."""
        gone = self._states.pop(state, None)
        if gone is not None and gone is self._bound:
            self._bind(None)
        if gone is not None and self._settings.stack > 1:
            self._stack.release(gone)

    def open_teacher(self, model: Mapping[str, Any], weights: str) -> dict[str, int]:
        """A model that `step` can learn from, with the weights of a safetensors file."""
        device = self._open().torch
        teacher = Teacher(model["config"], shapes_of(model), weights, self._settings, device)
        number = self._next
        self._next += 1
        self._teachers[number] = teacher
        return {"teacher": number}

    def close_teacher(self, teacher: int) -> None:
        """Frees a teacher."""
        self._teachers.pop(teacher, None)

    def step(
        self,
        state: int,
        rate: float,
        ids: Sequence[int],
        weights: Sequence[float] | None = None,
        distil: Mapping[str, Any] | None = None,
        skip: int = 0,
    ) -> dict[str, float]:
        """
        One step. A loss or gradient that is not finite is an error, and leaves the state as it was. The loss is
        `sum(w * nll) / sum(w)` over tokens; with `distil`, `nll` in it is mixed with the divergence from a teacher. The
        answer has that of `nll` alone. The first `skip` targets of a sequence have no weight.
        """
        own = self._state(state)
        lesson = None if distil is None else self._lesson(distil)
        device = self._open().torch
        if self._settings.stack > 1:
            raise WorkerError("input", "this model was opened for stacks: step_stack trains it")
        rows, shares = self._batch(ids, shares_of(ids, weights))
        self._bind(own)
        try:
            loss, norm = self._gradient(rows, shares, device, lesson, skip)
            assert_finite(own.step + 1, rate, loss, norm)
            self._optimizer.update(rate, norm)
            own.step += 1
        finally:
            self._optimizer.clear()
        return {"loss": loss, "gradNorm": norm}

    def _lesson(self, distil: Mapping[str, Any]) -> tuple[Teacher, Distillation]:
        how = parse(Distillation, distil, "distil")
        teacher = self._teachers.get(how.teacher)
        if teacher is None:
            raise WorkerError("input", "this teacher was closed")
        return teacher, how

    def _batch(self, ids: Sequence[int], shares: Shares) -> tuple[Tokens, Shares]:
        """The sequences of a batch that this process trains on, with their parts of the loss."""
        return self._data.read(ids), shares

    def step_stack(self, steps: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        """
        One step of each of several states: `{ state, rate, ids, weights? }` as for `step`, with as many ids in each.
        Answers for each of them with loss and gradient norm, or with an error, which concerns no other.
        """
        self._open()
        if self._settings.stack < 2:
            raise WorkerError("input", "this model was not opened for stacks: step trains it")
        results: list[dict[str, Any]] = [{} for _ in steps]
        wanted: dict[int, Wanted] = {}
        for at, one in enumerate(steps):
            try:
                shares = shares_of(one["ids"], one.get("weights"))
                own = Wanted(self._state(one["state"]), float(one["rate"]), self._data.read(one["ids"]), shares)
                if any(other.state is own.state or other.rows.shape != own.rows.shape for other in wanted.values()):
                    raise WorkerError("input", "steps of a stack need states of their own, and equal batch sizes")
                wanted[at] = own
            except WorkerError as error:
                results[at] = {"error": error.described()}
        # The weights of states move into the stack and out of it.
        self._bind(None)
        for at, outcome in zip(wanted, self._stack.step(list(wanted.values())) if wanted else [], strict=True):
            if isinstance(outcome, WorkerError):
                results[at] = {"error": outcome.described()}
            else:
                loss, norm = outcome
                results[at] = {"loss": loss, "gradNorm": norm}
        return {"results": results}

    def _gradient(
        self,
        rows: Tokens,
        shares: Shares,
        device: torch.device,
        lesson: tuple[Teacher, Distillation] | None = None,
        skip: int = 0,
    ) -> tuple[float, float]:
        """Adds up the gradient over micro-batches. Returns the loss and the norm of the gradient."""
        context = self._data.context
        size = self._settings.microBatch or len(rows)
        loss = torch.zeros((), dtype=torch.float64)
        for start in range(0, len(rows), size):
            tokens = to_device(rows[start : start + size], device)
            factors = torch.from_numpy(shares[start : start + size] / (context - skip))
            inputs, targets = tokens[:, :-1], tokens[:, 1:]
            if lesson is None:
                nll = self._losses(inputs, targets)
                mixed = nll
            else:
                teacher, how = lesson
                nll, divergence = self._distilled_losses(inputs, targets, teacher.logits(inputs), how.temperature)
                mixed = (1 - how.weight) * nll + how.weight * how.temperature**2 * divergence
            if skip > 0:
                nll, mixed = nll[:, skip:], mixed[:, skip:]
            (mixed * factors.to(device, torch.float32)[:, None]).sum().backward()
            loss = loss + (row_sums(nll.detach()) * factors.to(nll.device)).sum().to(loss.device)
        return self._total(float(loss)), float(self._optimizer.norm())

    def _total(self, value: float) -> float:
        """The sum over all processes that train the model."""
        return value

    def evaluate(self, state: int, parts: Sequence[Sequence[int]]) -> dict[str, list[float]]:
        """The summed loss of each list of sequences."""
        own = self._state(state)
        ids = [id_ for part in parts for id_ in part]

        def rows(some: slice) -> Tokens:
            return self._data.read(ids[some])

        def values(nll: Tensor, some: slice) -> list[float]:
            return row_sums(nll)[: len(ids[some])].tolist()

        sums = self._measured(own, len(ids), rows, values)
        found = []
        for part in parts:
            own_sums, sums = sums[: len(part)], sums[len(part) :]
            found.append(sum(own_sums))
        if not all(map(math.isfinite, found)):
            at = next(index for index, value in enumerate(found) if not math.isfinite(value))
            raise WorkerError("diverged", f"the model diverged: its loss on part {at + 1} is not a finite number")
        return {"nll": found}

    def score(self, state: int, file: str, lengths: Sequence[int], scored: Sequence[int]) -> dict[str, list[float]]:
        """The log-likelihood of the last tokens of passages."""
        own = self._state(state)
        passages = read_passages(file, lengths)

        def rows(some: slice) -> Tokens:
            padded = np.zeros((len(passages[some]), self._data.context + 1), dtype=np.int64)
            for row, passage in enumerate(passages[some]):
                padded[row, : len(passage)] = passage
            return check_tokens(padded, self._data.vocabulary)

        def values(nll: Tensor, some: slice) -> list[float]:
            wide = nll.double().cpu()
            ends = [(len(passage) - 1, count) for passage, count in zip(passages[some], scored[some], strict=True)]
            return [-float(wide[row, end - count : end].sum()) for row, (end, count) in enumerate(ends)]

        found = self._measured(own, len(passages), rows, values)
        if not all(map(math.isfinite, found)):
            raise WorkerError("diverged", "the model diverged: a score is not a finite number")
        return {"scores": found}

    def logits(self, state: int, file: str, lengths: Sequence[int], out: str) -> None:
        """Writes the logits of passages to a file of float32, for comparisons with other trainers."""
        self._bind(self._state(state))
        device = self._open().torch
        with open(out, "wb") as target, torch.no_grad():
            for passage in read_passages(file, lengths):
                tokens = to_device(check_tokens(passage[None, :], self._data.vocabulary), device)
                logits = logits_of(self._model, tokens, self._settings, device)
                target.write(logits.contiguous().cpu().numpy().tobytes())

    def _measured(
        self,
        state: State,
        count: int,
        rows: Callable[[slice], Tokens],
        values: Callable[[Tensor, slice], list[float]],
    ) -> list[float]:
        """`values` of the losses of `count` items, whose tokens `rows` gives."""
        found: list[float] = []
        for start in range(0, count, self._rows):
            some = slice(start, min(start + self._rows, count))
            found += values(self._evaluated(state, rows(some)), some)
            self._beat()
        return found

    def _evaluated(self, state: State, rows: Tokens) -> Tensor:
        """Losses of `self._rows` rows: a fixed number, so that no result depends on what is evaluated with it."""
        device = self._open().torch
        padded = np.zeros((self._rows, self._data.context + 1), dtype=np.int64)
        padded[: len(rows)] = rows
        self._bind(state)
        tokens = to_device(padded, device)
        with torch.no_grad():
            return self._losses(tokens[:, :-1], tokens[:, 1:])

    def _open(self) -> Device:
        if self._device is None:
            raise WorkerError("input", "no model was opened")
        return self._device

    def _state(self, number: int) -> State:
        self._open()
        state = self._states.get(number)
        if state is None:
            raise WorkerError("input", "this state was disposed of")
        return state

    def _keep(self, state: State) -> dict[str, int]:
        number = self._next
        self._next += 1
        self._states[number] = state
        return {"state": number, "step": state.step}

    def _bind(self, state: State | None) -> None:
        if state is not self._bound or state is None:
            self._optimizer.bind(state)
            self._bound = state
