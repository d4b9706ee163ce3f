"""Causal language models of transformers, and their states."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, cast, get_args

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional
from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig, AutoModelForCausalLM

from .device import takes_one_dnn
from .errors import WorkerError, as_worker_error
from .experts import Experts, balance_of, with_gradient_of
from .layout import Layout, Shapes
from .linear import use_one_dnn
from .messages import Settings

FIRST = "exp_avg."
SECOND = "exp_avg_sq."
STEP = "step"

# What a worker writes stands in the messages about it.
transformers.utils.logging.disable_progress_bar()

Losses = Callable[[Tensor, Tensor], Tensor]
"""Inputs and targets, each `rows x context`, to negative log-likelihoods in nats, `rows x context`."""

DistilledLosses = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
"""Inputs, targets, logits of a teacher and a temperature, to negative log-likelihoods and divergences, in nats."""

Stored = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
"""Arrays as they are stored, from those of all parameters."""

SAVING = ("architectures", "torch_dtype", "dtype", "_name_or_path", "transformers_version", "auto_map")
"""Keys of a config that are no options of a model, but of saving and loading it."""

PROBED = 16
"""Tokens of the sequences that show whether a model is causal."""

OTHER = "Continue from a checkpoint of a causal language model that transformers has."


def build(
    config: Mapping[str, Any], shapes: Shapes, settings: Settings, device: torch.device, splits_moments: bool = False
) -> tuple[nn.Module, Layout]:
    """
    The model of a Hugging Face config, in float32 and without dropout, and the layout of its stored arrays. Raises when
    these are not the arrays of the model, or when the model is not causal.
    """
    try:
        made = config_of(config)
        with torch.device(device):
            model = instantiate(made)
        layout = Layout(model, shapes, splits_moments)
    except WorkerError as error:
        if error.kind == "out-of-memory":
            raise
        raise WorkerError(error.kind, f"the model {error.message}", error.remedy) from error
    if settings.checkpointing:
        # The newer name is not in every version that the worker runs on.
        enable = getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)
        enable({"use_reentrant": False})
    if takes_one_dnn(device.type, settings):
        use_one_dnn(model)
    model.train()
    return cast(nn.Module, model), layout


def check(config: Mapping[str, Any], shapes: Shapes, context: int) -> list[WorkerError]:
    """What keeps a model from being built, from its config and the shapes of its arrays. Computes nothing."""
    try:
        made = config_of(config)
        with torch.device("meta"):
            model = instantiate(made)
    except WorkerError as error:
        return [error]
    problems: list[WorkerError] = []
    positions = getattr(made, "max_position_embeddings", None)
    if isinstance(positions, int) and 0 < positions < context:
        message = f"allows {positions} tokens (max_position_embeddings), and the context is {context}"
        problems.append(WorkerError("input", message, f"Set model.context to at most {positions}."))
    try:
        Layout(model, shapes)
    except WorkerError as error:
        problems.append(error)
    return problems


def config_of(values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any class of configs
    """The config of transformers, without what draws random numbers in training and without losses of routers."""
    kind = values.get("model_type")
    options = {name: value for name, value in values.items() if name != "model_type" and name not in SAVING}
    try:
        config = AutoConfig.for_model(kind, **with_floats(kind, options))
    except Exception as error:
        if kind not in CONFIG_MAPPING:
            message = f"is of the type {kind}, which transformers {transformers.__version__} does not know"
            raise WorkerError("input", message, f"{OTHER} A newer transformers can have more.") from error
        # Each config class validates in its own way.
        message = f"has a config.json that transformers cannot read as a {kind}: {reason_of(error)}"
        raise WorkerError("input", message, "Copy config.json and the weights again from the same place.") from error
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise WorkerError("input", f"is of the type {kind}, which is not a causal language model", OTHER)
    for name, value in vars(config).items():
        if re.search("drop|jitter", name) and isinstance(value, float):
            setattr(config, name, 0.0)
    if getattr(config, "output_router_logits", False):
        config.output_router_logits = False
    return config


def with_floats(kind: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """
    Options in which whole numbers are floats where the config class, which checks types, wants floats. JSON has only
    one kind of number: on the way through another language, 30.0 becomes 30.
    """
    found = CONFIG_MAPPING[kind] if kind in CONFIG_MAPPING else None  # noqa: SIM401 - get would not load it
    hints = {field.name: field.type for field in fields(found)} if found and is_dataclass(found) else {}

    def wants_float(hint: Any) -> bool:  # noqa: ANN401 - a type, or a special form of typing
        return float in (kinds := get_args(hint) or (hint,)) and int not in kinds

    return {
        name: float(value) if type(value) is int and wants_float(hints.get(name)) else value
        for name, value in options.items()
    }


def instantiate(config: Any) -> Any:  # noqa: ANN401 - any class of models
    """A model with initial weights of transformers, which are not used. Attention is the fastest that the model has."""
    try:
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, trust_remote_code=False)
    except Exception as error:
        if (known := as_worker_error(error)).kind == "out-of-memory":
            raise known from error
        message = f"describes no {config.model_type} that transformers can build: {reason_of(error)}"
        raise WorkerError("input", message, "Copy config.json and the weights again from the same place.") from error
    kind = type(model).__name__
    if getattr(model.config, "is_decoder", True) is False and not model.config.is_encoder_decoder:
        message = f"is of the type {config.model_type}, an encoder: each token sees those after it"
        raise WorkerError("input", message, OTHER)
    if not re.search("CausalLM$|LMHead(Model)?$", kind):
        raise WorkerError("input", f"is a {kind}, of which training on text would use only a part", OTHER)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def probe(model: nn.Module, context: int, vocabulary: int, device: torch.device) -> None:
    """Raises when a model with any weights is not a causal language model of a vocabulary, or draws random numbers."""
    length = min(PROBED, context)
    if length < 2:
        return
    tokens = torch.arange(length, device=device).remainder(vocabulary)[None, :]
    changed = tokens.clone()
    changed[0, -1] = (changed[0, -1] + 1) % vocabulary
    with torch.no_grad():
        one, again, other = (model(input_ids=own, use_cache=False).logits.float() for own in (tokens, tokens, changed))
    kind = type(model).__name__
    if one.shape[-1] < vocabulary:
        raise WorkerError("input", f"the {kind} predicts {one.shape[-1]} tokens, and the data has {vocabulary}", OTHER)
    close = 1e-5 * float((one[:, -1] - other[:, -1]).abs().max()) + 1e-6 * float(one.abs().max())
    if float((one[:, :-1] - other[:, :-1]).abs().max()) > close:
        raise WorkerError("input", f"the {kind} is not causal: each token sees those after it", OTHER)
    if float((one - again).abs().max()) > close:
        raise WorkerError("input", f"the {kind} draws random numbers in training, which would not repeat", OTHER)


def reason_of(error: BaseException) -> str:
    """A message in one line that is not too long."""
    return " ".join(str(error).split())[:240] or type(error).__name__


def losses_of(model: nn.Module, settings: Settings, device: torch.device, experts: Experts | None = None) -> Losses:
    """
    The loss of every target. Logits are float32 whatever the precision. With `experts`, the gradient of the losses of a
    sequence is also that of its load-balancing loss, for each of them.
    """
    is_balanced = experts is not None and experts.balance > 0

    def losses(inputs: Tensor, targets: Tensor) -> Tensor:
        wants_routing = is_balanced and torch.is_grad_enabled()
        logits, routing = forward(model, inputs, settings, device, wants_routing)
        nll = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
        if experts is None or not wants_routing:
            return nll
        return with_gradient_of(nll, balance_of(routing, experts, len(inputs))[:, None])

    return cast(Losses, torch.compile(losses, dynamic=False)) if settings.compile else losses


def distilled_losses_of(model: nn.Module, settings: Settings, device: torch.device) -> DistilledLosses:
    """The two losses of every target: its negative log-likelihood, and the divergence from a teacher."""

    def losses(inputs: Tensor, targets: Tensor, taught: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        logits = logits_of(model, inputs, settings, device)
        nll = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
        own, wanted = (functional.log_softmax(one / temperature, -1) for one in (logits, taught))
        return nll, functional.kl_div(own, wanted, reduction="none", log_target=True).sum(-1)

    return cast(DistilledLosses, torch.compile(losses, dynamic=False)) if settings.compile else losses


def logits_of(model: nn.Module, inputs: Tensor, settings: Settings, device: torch.device) -> Tensor:
    """Logits, `rows x context x vocabulary`, in float32."""
    return forward(model, inputs, settings, device, wants_routing=False)[0]


def forward(
    model: nn.Module, inputs: Tensor, settings: Settings, device: torch.device, wants_routing: bool
) -> tuple[Tensor, Sequence[Tensor]]:
    """Logits in float32, and those of the router in each layer if wanted, `rows * context x experts`."""
    more = {"output_router_logits": True} if wants_routing else {}
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16"):
        found = model(input_ids=inputs, use_cache=False, **more)
    return found.logits.float(), found.router_logits if wants_routing else ()


class State:
    """Weights and AdamW's moments, in float32, by the names of the model's parameters."""

    def __init__(self, weights: Mapping[str, Tensor], moments: Mapping[str, Tensor] | None, step: int) -> None:
        self.weights = dict(weights)
        zeros = {name: torch.zeros_like(tensor) for name, tensor in weights.items()} if moments is None else {}
        self.first = zeros or {name: (moments or {})[FIRST + name] for name in weights}
        self.second = {name: tensor.clone() for name, tensor in zeros.items()} or {
            name: (moments or {})[SECOND + name] for name in weights
        }
        self.step = step
        """Steps since the moments were zero."""
        # AdamW of torch counts for each parameter.
        self.steps = {name: torch.tensor(float(step), device=tensor.device) for name, tensor in weights.items()}

    def moments(self, stored: Stored = dict) -> list[tuple[str, Tensor]]:
        """The arrays of the group `optimizer`, in the order in which every trainer stores them."""
        return [
            *((FIRST + name, tensor) for name, tensor in stored(self.first).items()),
            *((SECOND + name, tensor) for name, tensor in stored(self.second).items()),
            (STEP, torch.tensor([self.step], dtype=torch.int32)),
        ]


def moment_shapes(shapes: Shapes) -> dict[str, Sequence[int]]:
    """The shapes of `State.moments`."""
    first = {FIRST + name: shape for name, shape in shapes.items()}
    second = {SECOND + name: shape for name, shape in shapes.items()}
    return {**first, **second, STEP: [1]}
