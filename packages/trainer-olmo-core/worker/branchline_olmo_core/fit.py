"""Whether a model can be divided as wanted. OLMo-core checks less of it, and later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from olmo_core.distributed.parallel import DataParallelType
from olmo_core.exceptions import OLMoConfigurationError
from olmo_core.train.train_module import TransformerTrainModuleConfig

KINDS = {"pp_config": "pipeline", "cp_config": "context", "tp_config": "tensor"}


def misfits(model: Mapping[str, Any], config: TransformerTrainModuleConfig, context: int, processes: int) -> list[str]:
    """All problems, each with its place."""
    problems: list[str] = []
    if config.ep_config is not None:
        problems.append("trainModule.ep_config: the model is dense, and expert parallelism divides experts")
    degrees = {name: one.degree for name in KINDS if (one := getattr(config, name)) is not None}
    small = [f"trainModule.{name}.degree: {degree} is less than 1" for name, degree in degrees.items() if degree < 1]
    if small:
        return [*problems, *small]
    pipeline, sequence, tensor = (degrees.get(name, 1) for name in KINDS)
    product = pipeline * sequence * tensor
    if processes % product != 0:
        named = " x ".join(f"{KINDS[name]} {degree}" for name, degree in degrees.items())
        return [*problems, f"processes: {processes} is not a multiple of {product} ({named})"]

    def divides(place: str, degree: int, size: int, name: str) -> None:
        if size % degree != 0:
            problems.append(f"trainModule.{place}: {degree} does not divide {name}, {size}")

    heads = {"model.heads": model["num_attention_heads"], "model.kvHeads": model["num_key_value_heads"]}
    if tensor > 1:
        for name, size in heads.items():
            divides("tp_config.degree", tensor, size, name)
        divides("tp_config.degree", tensor, context, "model.context")
        # Weights are divided by rows twice.
        data = sharded(config, processes // product, problems) * sequence
        each = {"the vocabulary": model["vocab_size"], "model.hidden": model["intermediate_size"]}
        each["model.kvHeads x head size"] = model["num_key_value_heads"] * model["head_dim"]
        for name, size in each.items() if data > 1 else ():
            divides(f"tp_config: {tensor} x {data} of data parallelism,", tensor * data, size, name)
    if config.cp_config is not None:
        divides("cp_config.degree", sequence * tensor, context, "model.context")
        if config.cp_config.uly is not None:
            for name, size in heads.items():
                divides("cp_config.degree", sequence * tensor, size, name)
    if config.pp_config is not None:
        problems += pipeline_misfits(model, config)
    return problems


def sharded(config: TransformerTrainModuleConfig, data: int, problems: list[str]) -> int:
    """Among how many of the processes of data parallelism a weight is divided."""
    parallel = config.dp_config
    if parallel is None or parallel.name == DataParallelType.ddp:
        return 1
    if parallel.name == DataParallelType.fsdp:
        return data
    try:
        return parallel.get_replicate_and_shard_degree(data)[1]
    except OLMoConfigurationError as error:
        problems.append(f"trainModule.dp_config: {error}")
        return 1


def pipeline_misfits(model: Mapping[str, Any], config: TransformerTrainModuleConfig) -> list[str]:
    """What pipeline parallelism of OLMo-core 3.0.0 needs."""
    problems: list[str] = []
    if model["tie_word_embeddings"]:
        problems.append("trainModule.pp_config: stages cannot share a matrix; set model.tieEmbeddings to false")
    if config.dp_config is None or "bfloat16" not in (config.dp_config.param_dtype, config.autocast_precision):
        problems.append("trainModule.pp_config: stages exchange bfloat16; set precision to 'bfloat16'")
    try:
        torch.cuda.Stream()
    except (RuntimeError, AssertionError):
        problems.append("trainModule.pp_config: schedules of OLMo-core need GPUs of NVIDIA, and PyTorch sees none")
    return problems
