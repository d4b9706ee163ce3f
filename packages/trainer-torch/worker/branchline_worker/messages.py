"""Requests, as dataclasses. A request with a missing or mistyped field is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from .errors import WorkerError

T = TypeVar("T")


@dataclass(frozen=True)
class OptimizerSpec:
    """AdamW with decoupled decay of matrices, and clipping by the global norm (0: none)."""

    name: Literal["adamw"]
    beta1: float
    beta2: float
    epsilon: float
    weightDecay: float
    clipNorm: float
    groups: list | None = None  # type: ignore[type-arg] # parse looks for the plain type
    """`{ parameters, rate, weightDecay, epsilon }`: factors of parameters, by name. None: all factors are 1."""


@dataclass(frozen=True)
class Settings:
    """How to compute."""

    precision: Literal["float32", "bfloat16"] = "float32"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    compile: bool = False
    checkpointing: bool = False
    deterministic: bool = True
    microBatch: int | None = None
    threads: int | None = None
    stack: int = 1
    """Runs that are trained together; 1: each by itself."""
    lane: int = 0
    """Which of several workers of a run this is: they take the GPUs in turn."""


@dataclass(frozen=True)
class Distillation:
    """
    The loss of a token is `(1 - weight) * nll + weight * temperature^2 * KL(teacher || student)` at the temperature
    (Hinton et al., 2015).
    """

    teacher: int
    """The number of a teacher that was opened."""
    weight: float
    temperature: float


def parse(kind: type[T], value: object, place: str) -> T:
    """A dataclass from a JSON object. All problems are reported at once; unknown fields are ignored."""
    if not isinstance(value, Mapping):
        raise WorkerError("input", f"{place} is not an object")
    hints = get_type_hints(kind)
    arguments: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in value:
            if field.default is MISSING:
                problems.append(f"{place}.{field.name} is missing")
            continue
        found = value[field.name]
        if fits(found, hints[field.name]):
            arguments[field.name] = found
        else:
            problems.append(f"{place}.{field.name} is {found!r}")
    if problems:
        raise WorkerError("input", "; ".join(problems))
    return kind(**arguments)


def fits(value: object, hint: Any) -> bool:  # noqa: ANN401 - a type, or a special form of typing
    """Whether a JSON value has a type. Booleans are no numbers."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_args(hint):
        return any(fits(value, one) for one in get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)
