"""How the arrays of a checkpoint make up the parameters of a model."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers.core_model_loading import revert_weight_conversion

from .errors import WorkerError, listed

Shapes = Mapping[str, Sequence[int]]

RESAVE = (
    "Save the checkpoint again: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder), "
    "and check what transformers reports about its weights."
)


def shapes_of(model: Mapping[str, Any]) -> Shapes:
    """The shapes of the stored arrays of a model, by name."""
    return {one["name"]: one["shape"] for one in model["parameters"]}


class Layout:
    """
    Stored arrays are those of the checkpoint, under its names, and in its order. Usually each is a parameter of that
    name. Where transformers merges arrays when it loads them, as those of the experts of a mixture, or adds the prefix
    of the model with a head, this converts in both directions, by its rules; no value changes.
    """

    def __init__(self, model: nn.Module, stored: Shapes, splits_moments: bool = False) -> None:
        """
        Raises when the arrays are not those of the model. `splits_moments`: files of moments have an array for each
        stored array, as those of the embedded trainer; else one for each parameter.
        """
        self._model = model
        parameters = {name: list(parameter.shape) for name, parameter in model.named_parameters()}
        self.stored = {name: list(shape) for name, shape in stored.items()}
        self.direct = parameters == self.stored
        self.shapes: Shapes = self.stored if self.direct else parameters
        self._names: dict[str, str] = {}
        self._is_verified = self.direct
        if not self.direct:
            found = self._match()
            if isinstance(found, list):
                raise WorkerError("input", "; ".join(found), RESAVE)
            self._names = found
        self.is_converted = not self.direct and set(self._names.values()) != parameters.keys()
        """Whether parameters are made of several arrays; else each is one, perhaps of another name."""
        self.splits_moments = splits_moments and self.is_converted
        self.moments = self.stored if self.splits_moments else self.shapes
        """The shapes of the first moments in files, and of the second ones."""

    def _match(self) -> dict[str, str] | list[str]:
        """The names under which transformers saves the arrays, by their stored names; or what differs."""
        saved = {name: list(tensor.shape) for name, tensor in self._saved(self._placeholders()).items()}
        prefix = f"{getattr(self._model, 'base_model_prefix', '')}."
        names = {name: name for name in self.stored}
        if not names.keys() & saved.keys():
            # Checkpoints of the model without its head.
            names = {name: f"{prefix}{name}" if f"{prefix}{name}" in saved else name for name in self.stored}
        wanted = {names[name]: shape for name, shape in self.stored.items()}
        buffers = {name for name, _ in self._model.named_buffers()}
        extra = [name for name in wanted if name not in saved]
        shapes = [
            f"{name} is {wanted[name]} instead of {shape}"
            for name, shape in saved.items()
            if wanted.get(name, shape) != shape
        ]
        kind = type(self._model).__name__
        problems = [
            *listed(f"lacks parameters of {kind}:", [name for name in saved if name not in wanted]),
            *listed(f"has arrays that {kind} does not have:", [name for name in extra if name not in buffers]),
            *listed("has buffers, which training would not update:", [name for name in extra if name in buffers]),
            *listed("does not fit its own config.json:", shapes),
        ]
        return problems or names

    def _placeholders(self) -> dict[str, Tensor]:
        return {name: torch.empty(*shape, device="meta") for name, shape in self.shapes.items()}

    def _saved(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Parameters as `save_pretrained` writes them."""
        return dict(revert_weight_conversion(self._model, dict(parameters)))

    def to_parameters(self, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Stored arrays as parameters. The first time, verifies that the way back gives the same bits."""
        if self.direct:
            return dict(arrays)
        renamed = {self._names[name]: tensor for name, tensor in arrays.items()}
        if not self.is_converted:
            return {name: renamed[name] for name in self.shapes}
        model: Any = self._model
        loaded = type(model).from_pretrained(
            None, config=copy.deepcopy(model.config), state_dict=renamed, dtype=torch.float32
        )
        device = next(iter(arrays.values())).device
        parameters = {name: one.detach().clone().to(device) for name, one in loaded.named_parameters()}
        if not self._is_verified:
            back = self.to_arrays(parameters)
            differing = [name for name, tensor in arrays.items() if not torch.equal(back[name], tensor)]
            if differing:
                message = "; ".join(listed("transformers does not give back what it loads:", differing))
                raise WorkerError("environment", message, RESAVE)
            self._is_verified = True
        return parameters

    def to_arrays(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Parameters as stored arrays, in their order."""
        if self.direct:
            return {name: parameters[name] for name in self.stored}
        saved = self._saved(parameters) if self.is_converted else parameters
        return {name: saved[self._names[name]] for name in self.stored}
