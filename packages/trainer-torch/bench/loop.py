"""A loop of PyTorch and transformers without Branchline, for `npm run bench:torch`.

Reads a JSON object with the settings, then numbers of steps, one a line; prints the seconds that each number took.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from torch.nn import functional
from transformers import AutoConfig, AutoModelForCausalLM

settings = json.loads(sys.stdin.readline())
torch.set_num_threads(settings["threads"])
config = {key: value for key, value in settings["config"].items() if key not in ("architectures", "torch_dtype")}
kind = config.pop("model_type")
plain = settings["plain"]
model = AutoModelForCausalLM.from_config(
    AutoConfig.for_model(kind, **config), attn_implementation="eager" if plain else "sdpa", dtype=torch.float32
)
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1, fused=not plain)
shape = (settings["batch"], settings["context"] + 1)
tokens = torch.randint(settings["vocabulary"], shape, generator=torch.Generator().manual_seed(1))


def step() -> float:
    """Forward, backward, clipping, AdamW; the loss is read, as for a log."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings["precision"] == "bfloat16"):
        logits = model(input_ids=tokens[:, :-1], use_cache=False).logits
    loss = functional.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


for line in sys.stdin:
    begun = time.perf_counter()
    for _ in range(int(line)):
        step()
    print(time.perf_counter() - begun, flush=True)
