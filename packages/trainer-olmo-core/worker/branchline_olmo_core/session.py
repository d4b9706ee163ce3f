"""What one trainer asks of the worker. All ranks carry out the same requests, in the same order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import olmo_core.distributed.parallel as parallel
import torch
from branchline_worker.batches import Shares, shares_of, to_device
from branchline_worker.data import (
    TokenFiles,
    TokenRange,
    Tokens,
    check_tokens,
    read_passages,
)
from branchline_worker.device import Device, set_up
from branchline_worker.engine import Beat
from branchline_worker.errors import WorkerError, as_worker_error
from branchline_worker.messages import OptimizerSpec, parse
from branchline_worker.ranks import Ranks, part_of
from branchline_worker.tensors import Header, read_tensors, write_arrays
from olmo_core.distributed.utils import get_rank, get_world_size
from olmo_core.exceptions import OLMoConfigurationError
from olmo_core.version import VERSION as OLMO_CORE_VERSION
from torch import Tensor

from . import VERSION
from .arrays import Arrays, local_of
from .fit import misfits
from .model import config_of
from .settings import OlmoSettings, attention_of, numerics_of, train_module_config
from .states import FIRST, SECOND, STEP, Binding, State
from .train import (
    IGNORED,
    Caller,
    GivenRate,
    WeightedPipeline,
    build,
    optimizers_of,
    parts_of,
)

EVALUATION_ROWS = 16
"""Most sequences of an evaluation call of a rank."""

EVALUATION_LOGITS = 1 << 26
"""Most logits of an evaluation call of a rank."""

SEE = "See OLMo-core's documentation of the option, and docs/olmo-core.md."


class Session:
    """Answers requests. Every public method is one, with the fields of the message as arguments."""

    def __init__(self, ranks: Ranks, beat: Beat = lambda: None) -> None:
        self._ranks = ranks
        self._beat = beat
        self._states: dict[int, State] = {}
        self._next = 1
        self._device: Device | None = None

    def open(
        self,
        model: Mapping[str, Any],
        optimizer: Mapping[str, Any],
        data: Mapping[str, Any],
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Sets up a model in a train module of OLMo-core. Everything of an earlier one is dropped."""
        self.close()
        own = parse(OlmoSettings, settings, "settings")
        spec = parse(OptimizerSpec, optimizer, "optimizer")
        device = self._ranks.together(lambda: self._set_up(own))
        ranges = [parse(TokenRange, one, "data.files") for one in data["files"]]
        self._data = TokenFiles(data["context"], data["vocabulary"], ranges)
        self._micro_batch = own.microBatch
        context = self._data.context
        transformer = config_of(model["config"], attention_of(own))
        config = train_module_config(own, spec, context, own.microBatch or 1)
        if problems := misfits(model["config"], config, context, self._ranks.count):
            raise WorkerError("input", "; ".join(problems), "Change trainModule or processes.")
        # OLMo-core keeps it for the process, whose model this replaces.
        parallel._WORLD_MESH = None
        try:
            self._module = build(config, transformer.build(init_device="meta"), device.torch)
        except (OLMoConfigurationError, NotImplementedError, RuntimeError) as error:
            known = as_worker_error(error)
            if known.kind == "out-of-memory":
                raise
            raise WorkerError("input", f"OLMo-core refuses this: {' '.join(str(error).split())}", SEE) from error
        self._caller = Caller(self._module)
        self._module._attach_trainer(self._caller)
        parts = parts_of(self._module)
        self._arrays = Arrays(parts, {one["name"]: one["shape"] for one in model["parameters"]})
        self._binding = Binding(parts, self._arrays.parameters, optimizers_of(self._module))
        self._place(config)
        rows = EVALUATION_LOGITS // (context * self._data.vocabulary)
        self._rows = max(1, min(EVALUATION_ROWS, rows))
        self._device = device
        numerics = numerics_of(device, own)
        return {
            "device": device.name,
            "units": device.units,
            "deterministic": device.deterministic,
            "numerics": numerics,
            "processor": device.processor,
            "engine": f"OLMo-core {OLMO_CORE_VERSION} on torch {torch.__version__} ({device.torch.type})",
        }

    def _set_up(self, settings: OlmoSettings) -> Device:
        def engine() -> list[str]:
            return [f"worker {VERSION}", f"olmo-core {OLMO_CORE_VERSION}", f"torch {torch.__version__}"]

        return set_up(settings, self._ranks.index, self._ranks.count, engine)

    def _place(self, config: Any) -> None:  # noqa: ANN401 - of OLMo-core
        """Which part of a batch this rank has; ranks that share its sequences have parts of their tokens or layers."""
        group = self._module.dp_process_group
        self._part, self._parts = get_rank(group), get_world_size(group)
        self._places = [int(one) for one in self._ranks.gather([self._part], 1)]
        # Gradients are averaged over the ranks that hold the same parameters.
        self._averaged = self._parts * (config.cp_config.degree if config.cp_config is not None else 1)

    def close(self) -> None:
        """Frees everything."""
        self._states.clear()
        self._next = 1
        for name in ("_module", "_caller", "_arrays", "_binding", "_data"):
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
        arrays = self._arrays
        device = self._open().torch
        state = State(arrays.parameters, self._read(weights, device), 0)
        if optimizer is not None:
            for prefix, moments in ((FIRST, state.first), (SECOND, state.second)):
                for name, local in self._read(optimizer, device, prefix).items():
                    local_of(moments[name]).copy_(local)
            found = self._ranks.together(lambda: read_tensors(optimizer, {STEP: [1]}, torch.device("cpu")))
            state.step = int(found[STEP].item())
        return self._keep(state)

    def combine(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """The weighted sum of the weights of files, in float64, rounded once; moments are zero."""
        if len(parts) == 0:
            raise WorkerError("input", "a combination needs at least one checkpoint")
        device = self._open().torch
        sums: dict[str, Tensor] = {}
        for part in parts:
            for name, tensor in self._read(part["weights"], device).items():
                wide = tensor.double()
                sums.setdefault(name, torch.zeros_like(wide)).add_(wide, alpha=float(part["weight"]))
            self._beat()
        return self._keep(State(self._arrays.parameters, {name: one.float() for name, one in sums.items()}, 0))

    def save(self, state: int, weights: str | None = None, optimizer: str | None = None) -> None:
        """Writes groups of a state to new files."""
        own = self._state(state)
        if weights is not None:
            self._write(weights, [("", self._binding.weights(own))])
        if optimizer is not None:
            step = torch.tensor([own.step], dtype=torch.int32)
            self._write(optimizer, [(FIRST, own.first), (SECOND, own.second)], step)

    def dispose(self, state: int) -> None:
        """Frees a state."""
        gone = self._states.pop(state, None)
        if gone is not None:
            self._binding.forget(gone)

    def step(
        self, state: int, rate: float, ids: Sequence[int], weights: Sequence[float] | None = None
    ) -> dict[str, float]:
        """
        One step. A loss or gradient that is not finite is an error, and leaves the state as it was. The loss is
        `sum(w * nll) / sum(w)` over tokens.
        """
        own = self._state(state)
        rows, shares = self._batch(ids, shares_of(ids, weights))
        tokens = to_device(rows, self._open().torch)
        factors = torch.from_numpy(shares * self._averaged / self._data.context).to(tokens.device, torch.float32)
        self._binding.bind(own)
        module, caller = self._module, self._caller
        scheduler = module.scheduler
        assert isinstance(scheduler, GivenRate)
        self._prepare(len(rows))
        caller.global_step, caller.rate = own.step + 1, rate
        scheduler.rate = rate
        try:
            with module.losses.of(factors):
                module.train_batch({"input_ids": tokens[:, :-1], "labels": tokens[:, 1:]})
            caller.loss = self._ranks.total(module.losses.total / self._averaged)
            module.optim_step()
            own.step += 1
        finally:
            module.zero_grads()
        return {"loss": caller.loss, "gradNorm": caller.norm}

    def _batch(self, ids: Sequence[int], shares: Shares) -> tuple[Tokens, Shares]:
        """
        The sequences of this rank, with their parts in the loss. Batches are divided in their order; what ranks and
        micro-batches lack is filled up by a sequence without a part.
        """
        own = part_of(len(ids), self._part, self._parts)
        micro = self._micro_batch or 1
        rows = -(-len(ids) // (self._parts * micro)) * micro
        if isinstance(self._module, WeightedPipeline):
            rows = self._module.filled(rows, micro)
        missing = rows - len(ids[own])
        found = self._ranks.together(lambda: self._data.read([*ids[own], *[ids[0]] * missing]))
        return found, np.concatenate([shares[own], np.zeros(missing)])

    def _prepare(self, rows: int) -> None:
        """Lets the train module expect so many sequences on a rank."""
        module, context = self._module, self._data.context
        module.rank_microbatch_size = (self._micro_batch or rows) * context
        if isinstance(module, WeightedPipeline):
            if self._micro_batch is None:
                module.rank_microbatch_size = context
            self._caller.global_batch_size = rows * context * self._parts
            module.expect(rows)

    def evaluate(self, state: int, parts: Sequence[Sequence[int]]) -> dict[str, list[float]]:
        """The summed loss of each list of sequences."""
        own = self._state(state)
        ids = [id_ for part in parts for id_ in part]

        def rows(some: slice) -> tuple[Tokens, Tokens]:
            found = self._data.read(ids[some])
            return found[:, :-1], found[:, 1:]

        sums = self._measured(own, len(ids), rows)
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

        def rows(some: slice) -> tuple[Tokens, Tokens]:
            inputs = np.zeros((len(passages[some]), self._data.context), dtype=np.int64)
            targets = np.full_like(inputs, IGNORED)
            for row, (passage, count) in enumerate(zip(passages[some], scored[some], strict=True)):
                check_tokens(passage, self._data.vocabulary)
                end = len(passage) - 1
                inputs[row, :end] = passage[:-1]
                targets[row, end - count : end] = passage[-count:]
            return inputs, targets

        found = [-one for one in self._measured(own, len(passages), rows)]
        if not all(map(math.isfinite, found)):
            raise WorkerError("diverged", "the model diverged: a score is not a finite number")
        return {"scores": found}

    def _measured(self, state: State, count: int, rows: Callable[[slice], tuple[Tokens, Tokens]]) -> list[float]:
        """The summed losses of `count` items, whose inputs and targets `rows` gives."""
        self._binding.bind(state)
        found: list[float] = []
        for start in range(0, count, self._rows * self._parts):
            begin = start + self._rows * self._part
            some = slice(min(begin, count), min(begin + self._rows, count))
            inputs, targets = self._ranks.together(lambda some=some: rows(some))  # type: ignore[misc]
            sums = self._sums(inputs, targets)
            held = self._ranks.gather(sums, self._rows)
            # Ranks that share sequences have losses of different tokens.
            for part in range(self._parts):
                shared = [
                    held[at * self._rows : (at + 1) * self._rows] for at, own in enumerate(self._places) if own == part
                ]
                size = min(self._rows, max(0, count - start - self._rows * part))
                found += [sum(column) for column in list(zip(*shared, strict=True))[:size]]
            self._beat()
        return found

    def _sums(self, inputs: Tokens, targets: Tokens) -> list[float]:
        """Losses of `self._rows` rows: a fixed number, so that no result depends on what is evaluated with it."""
        device = self._open().torch
        padded = np.zeros((2, self._rows, self._data.context), dtype=np.int64)
        padded[1] = IGNORED
        padded[0, : len(inputs)], padded[1, : len(targets)] = inputs, targets
        if isinstance(self._module, WeightedPipeline):
            self._prepare(self._rows)
        sums = self._module.loss_sums(*(to_device(one, device) for one in padded))
        return [0.0] * self._rows if sums is None else sums.tolist()

    def _read(self, path: str, device: torch.device, prefix: str = "") -> dict[str, Tensor]:
        """This rank's parts of arrays of a file."""
        arrays = self._arrays
        shapes = {prefix + name: arrays.shapes[name] for name in arrays.parameters}

        def read() -> dict[str, Tensor]:
            return read_tensors(path, shapes, device, lambda name: arrays.part(name.removeprefix(prefix)))

        return {name.removeprefix(prefix): one for name, one in self._ranks.together(read).items()}

    def _write(self, path: str, groups: Sequence[tuple[str, Mapping[str, Tensor]]], step: Tensor | None = None) -> None:
        """Rank 0 writes while all ranks gather, one array at a time, so that no memory holds all of them."""
        shapes = self._arrays.shapes
        header: list[Header] = [
            (prefix + name, torch.float32, shape) for prefix, _ in groups for name, shape in shapes.items()
        ]
        if step is not None:
            header.append((STEP, torch.int32, [1]))

        def arrays() -> Any:  # noqa: ANN401 - a generator
            for _, tensors in groups:
                yield from self._arrays.whole(tensors)
            if step is not None:
                yield step

        error: WorkerError | None = None
        waiting = arrays()
        if self._ranks.index == 0:
            try:
                write_arrays(path, header, waiting)
            except OSError as caught:
                error = as_worker_error(caught)
        for _ in waiting:
            pass
        self._ranks.fail_together(error)

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
