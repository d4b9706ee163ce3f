"""
Loops of PyTorch and transformers without Branchline, and rates of matrix products, for `npm run bench:torch`. Only how
a layer computes by oneDNN is taken from the worker.

Reads JSON objects, one a line, and answers each with one: `{products, threads}` measures products of matrices of that
size, a model with settings is built, `{steps}` takes so many steps with it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModelForCausalLM

sys.path.insert(0, str(Path(__file__).parents[1] / "worker"))

from branchline_worker import linear  # noqa: E402


def products(size: int, threads: int) -> dict[str, float | None]:
    """
    GFLOP/s of the product of two matrices of `size` rows and columns: the best of several. With one thread, by the time
    of the processor, which does not pass while other processes run.
    """
    now = time.process_time if threads == 1 else time.perf_counter
    torch.set_num_threads(threads)
    one, other = torch.rand(size, size), torch.rand(size, size)
    low = one.bfloat16(), other.bfloat16()

    def rate(product: Callable[[], Tensor]) -> float:
        seconds = []
        for _ in range(8):
            begun = now()
            product()
            seconds.append(now() - begun)
        return 2 * size**3 / min(seconds) / 1e9

    library = "MKL" if torch.backends.mkl.is_available() else "its BLAS"
    return {
        f"PyTorch {torch.__version__}, float32 ({library})": rate(lambda: one @ other),
        "PyTorch, float32 by oneDNN": rate(lambda: linear.product(one, other)) if linear.is_available() else None,
        "PyTorch, bfloat16": rate(lambda: low[0] @ low[1]),
    }


class Loop:
    """A model with its optimizer."""

    def __init__(self, settings: dict[str, Any]) -> None:
        torch.set_num_threads(settings["threads"])
        config = {
            key: value for key, value in settings["config"].items() if key not in ("architectures", "torch_dtype")
        }
        plain = settings["plain"]
        self.model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(config.pop("model_type"), **config),
            attn_implementation="eager" if plain else "sdpa",
            dtype=torch.float32,
        )
        self.model.train()
        if settings["oneDnn"]:
            linear.use_one_dnn(self.model)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.1, fused=not plain)
        self.is_mixed = settings["precision"] == "bfloat16"
        shape = (settings["batch"], settings["context"] + 1)
        self.tokens = torch.randint(settings["vocabulary"], shape, generator=torch.Generator().manual_seed(1))

    def step(self) -> float:
        """Forward, backward, clipping, AdamW; the loss is read, as for a log."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.is_mixed):
            logits = self.model(input_ids=self.tokens[:, :-1], use_cache=False).logits
        loss = functional.cross_entropy(logits.float().flatten(0, 1), self.tokens[:, 1:].flatten())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())


loop: Loop | None = None
for line in sys.stdin:
    request = json.loads(line)
    if "products" in request:
        answer: dict[str, Any] = {"products": products(request["products"], request["threads"])}
    elif "steps" in request:
        assert loop is not None
        begun = time.perf_counter()
        for _ in range(request["steps"]):
            loop.step()
        answer = {"seconds": time.perf_counter() - begun}
    else:
        loop = Loop(request)
        answer = {"ready": True}
    print(json.dumps(answer), flush=True)
