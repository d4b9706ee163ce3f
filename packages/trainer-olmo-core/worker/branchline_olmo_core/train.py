"""OLMo-core's train modules, driven step by step: a rate, and a part of the loss for each sequence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from branchline_worker.batches import assert_finite
from olmo_core.distributed.utils import get_local_tensor
from olmo_core.nn.lm_head import LMOutputWithLoss
from olmo_core.nn.transformer import Transformer
from olmo_core.optim.scheduler import Scheduler
from olmo_core.train.train_module import (
    TransformerPipelineTrainModule,
    TransformerTrainModule,
    TransformerTrainModuleConfig,
)
from torch import Tensor, nn

IGNORED = -100
"""A target without a loss."""


@dataclass
class GivenRate(Scheduler):
    """The learning rate that the next step is given."""

    rate: float = 0.0

    def get_lr(self, initial_lr: float | Tensor, current: int, t_max: int) -> float | Tensor:
        """Whatever the step: the caller knows the rates."""
        del initial_lr, current, t_max
        return self.rate


class Caller:
    """
    What a train module asks of the trainer that it is attached to. Raises before an update when the loss or the
    gradient of a step is not finite.
    """

    def __init__(self, module: Weighted | WeightedPipeline) -> None:
        self.dp_process_group = module.dp_process_group
        self.max_steps = 1 << 62
        self.global_step = 0
        self.global_batch_size = 0
        """Tokens, of all ranks."""
        self.rate = 0.0
        self.loss = 0.0
        self.norm = 0.0

    def record_metric(self, name: str, value: float | Tensor, **_: object) -> None:
        """Keeps the norm of the gradient, which is known before the update."""
        if name == "total grad norm":
            self.norm = float(value)
            assert_finite(self.global_step, self.rate, self.loss, self.norm)

    def record_ce_loss(self, *_: object, **__: object) -> None:
        """The session adds up the parts of the loss itself."""


class Losses:
    """The parts of the sequences of a batch in its loss, and the sum of the losses on this rank."""

    def __init__(self) -> None:
        self.shares: Tensor | None = None
        """Of the sequences of this rank, with the factor by which gradients are averaged; None: evaluation."""
        self.total = 0.0
        self._at = 0

    @contextmanager
    def of(self, shares: Tensor) -> Iterator[None]:
        """Losses inside are weighted."""
        self.shares, self._at, self.total = shares, 0, 0.0
        try:
            yield
        finally:
            self.shares = None

    def weighted(self, nll: Tensor) -> Tensor:
        """The weighted sum of the losses of the next micro-batch, `rows x tokens`: tokens of this rank."""
        assert self.shares is not None
        own = get_local_tensor(nll)
        shares = self.shares[self._at : self._at + len(own)]
        self._at += len(own)
        total = (own * shares[:, None]).sum()
        self.total += float(total.detach())
        return total


class Weighted(TransformerTrainModule):
    """A train module whose sequences have parts in the loss."""

    losses: Losses

    def model_forward(self, input_ids: Tensor, labels: Tensor | None = None, **kwargs: Any) -> Any:  # noqa: ANN401
        """As in OLMo-core, and in training with a weighted loss."""
        if self.losses.shares is None:
            return super().model_forward(input_ids, labels=labels, **kwargs)
        wanted = {**kwargs, "loss_reduction": "none", "loss_div_factor": None}
        output = cast(LMOutputWithLoss, super().model_forward(input_ids, labels=labels, **wanted))
        loss = self.losses.weighted(output.loss)
        return output._replace(loss=loss, ce_loss=loss.detach())

    def loss_sums(self, inputs: Tensor, targets: Tensor) -> Tensor | None:
        """The summed losses of sequences over the tokens of this rank."""
        output = cast(LMOutputWithLoss, self.eval_batch({"input_ids": inputs}, targets))
        return get_local_tensor(output.ce_loss).double().sum(-1)


class WeightedPipeline(TransformerPipelineTrainModule):
    """The same in stages."""

    losses: Losses
    _expected: tuple[int, int] | None = None

    def run_pipeline(
        self,
        input_ids: Tensor,
        labels: Tensor,
        batch_num_tokens_for_loss: float,
        **kwargs: Any,  # noqa: ANN401 - as in OLMo-core
    ) -> tuple[Tensor | None, Tensor | None]:
        """As in OLMo-core, with a weighted loss."""
        del batch_num_tokens_for_loss

        def weighted(model: Transformer, args: object, output: Any) -> Any:  # noqa: ANN401 - of a stage
            del args
            if model.lm_head is None:
                return output
            loss = self.losses.weighted(output.loss)
            return output._replace(loss=loss, ce_loss=loss.detach())

        hooks = [part.register_forward_hook(weighted) for part in self.model_parts]
        try:
            with self._model_forward_context():
                wanted = {**kwargs, "loss_reduction": "none"}
                self.train_pp_schedule.step(input_ids, target=labels, labels=labels, **wanted)
        finally:
            for hook in hooks:
                hook.remove()
        return None, None

    def filled(self, rows: int, micro: int) -> int:
        """So many sequences of a rank that every stage has a micro-batch at a time."""
        size = self.pp_group_size * micro
        return -(-rows // size) * size

    def expect(self, rows: int) -> None:
        """Makes a schedule for so many sequences of a rank, unless there is one."""
        wanted = rows, self.rank_microbatch_size
        if wanted != self._expected:
            self._train_pp_schedule, self._expected = None, wanted
            self.pre_train()

    def loss_sums(self, inputs: Tensor, targets: Tensor) -> Tensor | None:
        """The summed losses of sequences; None on ranks without the last stage."""
        with torch.no_grad(), self._model_forward_context():
            stages = self.train_pp_schedule.step(
                inputs, target=targets, forward_only=True, labels=targets, loss_reduction="none", return_logits=False
            )
        found = [one for stage in stages for one in stage if isinstance(one, LMOutputWithLoss)]
        return torch.cat([get_local_tensor(one.ce_loss).double().sum(-1) for one in found]) if found else None


def build(
    config: TransformerTrainModuleConfig, model: Transformer, device: torch.device
) -> Weighted | WeightedPipeline:
    """The train module of a config, as OLMo-core builds it, with weighted losses."""
    options = config.as_dict(exclude_none=True, recurse=False)
    if config.autocast_precision is not None:
        options["autocast_precision"] = config.autocast_precision.as_pt()
    kind = Weighted if config.pp_config is None else WeightedPipeline
    module = kind(model=model, device=device, scheduler=GivenRate(), **options)
    module.losses = Losses()
    return module


def parts_of(module: Weighted | WeightedPipeline) -> list[nn.Module]:
    """The parts of the model on this rank: stages of a pipeline, or the model."""
    return list(module.model_parts) if isinstance(module, WeightedPipeline) else [module.model]


def optimizers_of(module: Weighted | WeightedPipeline) -> list[torch.optim.Optimizer]:
    """The optimizers of the parts."""
    found = module.optimizers if isinstance(module, WeightedPipeline) else [module.optim]
    return cast(list[torch.optim.Optimizer], found)
