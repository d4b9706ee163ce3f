"""Models that are not trained, whose predictions a student learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .layout import Shapes
from .messages import Settings
from .model import build, logits_of
from .tensors import read_tensors


class Teacher:
    """A model with the weights of a file."""

    def __init__(
        self, config: Mapping[str, Any], shapes: Shapes, weights: str, settings: Settings, device: torch.device
    ) -> None:
        self._settings = replace(settings, checkpointing=False)
        self._device = device
        self._model, layout = build(config, shapes, self._settings, device)
        self._model.requires_grad_(False)
        arrays = layout.to_parameters(read_tensors(weights, layout.stored, device))
        for name, parameter in self._model.named_parameters():
            parameter.data = arrays[name]

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits, `rows x context x vocabulary`, in float32."""
        with torch.no_grad():
            return logits_of(self._model, inputs, self._settings, self._device)
