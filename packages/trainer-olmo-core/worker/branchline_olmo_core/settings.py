"""How to train: settings that all engines have, and those of OLMo-core."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

import torch
from branchline_worker.device import Device
from branchline_worker.errors import WorkerError
from branchline_worker.messages import OptimizerSpec, Settings
from olmo_core.nn.attention import AttentionBackendName
from olmo_core.train.train_module import TransformerTrainModuleConfig

PLACE = "trainModule"


@dataclass(frozen=True)
class OlmoSettings(Settings):
    """Settings, with fields of OLMo-core's TransformerTrainModuleConfig, under their names."""

    trainModule: dict | None = None  # type: ignore[type-arg] # parse looks for the plain type
    attention: str | None = None
    """A backend of OLMo-core's attention. None: its choice for the device."""


def attention_of(settings: OlmoSettings) -> AttentionBackendName | None:
    """The backend of attention. Raises when OLMo-core has none of that name, or it cannot run here."""
    if settings.attention is None:
        return None
    names = [str(one.value) for one in AttentionBackendName]
    if settings.attention not in names:
        message = f"attention: OLMo-core has no backend {settings.attention!r}"
        raise WorkerError("input", message, f"It has {', '.join(names)}.")
    found = AttentionBackendName(settings.attention)
    try:
        found.assert_supported()
    except RuntimeError as error:
        raise WorkerError(
            "environment", f"attention: {error}", "Leave out attention, or install what it needs."
        ) from error
    return found


def train_module_config(
    settings: OlmoSettings, optimizer: OptimizerSpec, context: int, rows: int
) -> TransformerTrainModuleConfig:
    """OLMo-core's own config of a train module. Raises with the place of what OLMo-core does not accept."""
    wanted: dict[str, Any] = {"dp_config": {"name": "fsdp"}, **(settings.trainModule or {})}
    data_parallel = dict(wanted["dp_config"])
    if settings.precision == "bfloat16":
        if data_parallel.get("name") == "ddp":
            # Its parameters would become bfloat16 too.
            wanted["autocast_precision"] = "bfloat16"
        else:
            data_parallel.setdefault("param_dtype", "bfloat16")
    wanted["dp_config"] = data_parallel
    if wanted.get("pp_config") is not None:
        # The schedules that OLMo-core 3.0.0 has wired up.
        defaults = {"schedule": "CustomInterleaved1F1B", "use_custom_stage_implementation": True}
        wanted["pp_config"] = {**defaults, **wanted["pp_config"]}
    if settings.checkpointing:
        wanted.setdefault("ac_config", {"mode": "full"})
    if settings.compile:
        wanted["compile_model"] = True
    try:
        return TransformerTrainModuleConfig.from_dict(
            {
                **wanted,
                "rank_microbatch_size": rows * context,
                "max_sequence_length": context,
                "max_grad_norm": optimizer.clipNorm if optimizer.clipNorm > 0 else float("inf"),
                "optim": {
                    "type": "adamw",
                    "lr": 0.0,
                    "betas": [optimizer.beta1, optimizer.beta2],
                    "eps": optimizer.epsilon,
                    "weight_decay": optimizer.weightDecay,
                    "fused": True,
                    "group_overrides": [{"params": ["*norm.weight"], "opts": {"weight_decay": 0.0}}],
                },
            }
        )
    except Exception as error:
        raise WorkerError("input", refusal_of(error), remedy_of(error)) from error


def numerics_of(device: Device, settings: OlmoSettings) -> str:
    """Everything that can change a bit: that of the device, and the options of OLMo-core."""
    options = json.dumps(settings.trainModule, sort_keys=True) if settings.trainModule else ""
    attention = f"attention {settings.attention}" if settings.attention is not None else ""
    return ", ".join(one for one in (device.numerics, attention, options) if one)


def refusal_of(error: Exception) -> str:
    """The place and the reason of what the classes of OLMo-core's configs do not accept."""
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else type(error).__name__
    found = re.fullmatch(r"→ \[([\w.]+)\] coercing to .*? failed with \w+: (.*)", last)
    place, reason = (f"{PLACE}.{found[1]}", found[2]) if found else (PLACE, last)
    unknown = re.search(r"class '(\w+)' has no attribute '(\w+)'", reason)
    if unknown:
        return f"{place}.{unknown[2]} is no option of OLMo-core: {unknown[1]} has no such field"
    missing = re.search(r"missing \d+ required positional arguments?: (.*)", reason)
    if missing:
        return f"{place} lacks {missing[1]}"
    return f"{place}: {reason}"


def remedy_of(error: Exception) -> str:
    """The fields that there are, where one is unknown."""
    unknown = re.search(r"class '(\w+)' has no attribute '\w+'", str(error))
    if unknown:
        import olmo_core.train.train_module as train_module

        kind = getattr(train_module, unknown[1], None)
        if kind is not None:
            return f"It has {', '.join(one.name for one in dataclasses.fields(kind))}."
    return f"See TransformerTrainModuleConfig in the documentation of OLMo-core; torch is {torch.__version__}."
