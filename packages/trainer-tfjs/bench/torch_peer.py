"""The same decoder and the same AdamW in PyTorch, as a peer of the embedded trainer in `npm run bench:trainer`.

Reads one JSON object per line and answers each with one: {"load": {model, batch, threads, dtype, compile}} builds a model and trains a
few steps, {"steps": n} trains n steps and answers their seconds and the peak memory of this process, {"gemm": n} answers the GFLOP/s of
a product of n x n matrices. Written the way a PyTorch user would: scaled_dot_product_attention, fused AdamW, gradient clipping.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.heads, self.kv, self.size = m["heads"], m["kvHeads"], m["width"] // m["heads"]
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.q_proj = linear(m["width"], m["width"])
        self.k_proj = linear(m["width"], self.kv * self.size)
        self.v_proj = linear(m["width"], self.kv * self.size)
        self.o_proj = linear(m["width"], m["width"])
        self.gate_proj = linear(m["width"], m["hidden"])
        self.up_proj = linear(m["width"], m["hidden"])
        self.down_proj = linear(m["hidden"], m["width"])
        self.input_norm = nn.RMSNorm(m["width"], m["normEpsilon"])
        self.post_norm = nn.RMSNorm(m["width"], m["normEpsilon"])

    def forward(self, x, cos, sin):
        batch, context, width = x.shape
        normal = self.input_norm(x)
        split = lambda y, n: y.view(batch, context, n, self.size).transpose(1, 2)
        q, k, v = split(self.q_proj(normal), self.heads), split(self.k_proj(normal), self.kv), split(self.v_proj(normal), self.kv)
        q, k = turn(q, cos, sin), turn(k, cos, sin)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.kv != self.heads)
        x = x + self.o_proj(y.transpose(1, 2).reshape(batch, context, width))
        normal = self.post_norm(x)
        return x + self.down_proj(F.silu(self.gate_proj(normal)) * self.up_proj(normal))


def turn(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Decoder(nn.Module):
    def __init__(self, m):
        super().__init__()
        size = m["width"] // m["heads"]
        self.embed = nn.Embedding(m["vocabulary"], m["width"])
        self.blocks = nn.ModuleList(Block(m) for _ in range(m["layers"]))
        self.norm = nn.RMSNorm(m["width"], m["normEpsilon"])
        angles = torch.outer(torch.arange(m["context"]).float(), m["ropeTheta"] ** (-torch.arange(0, size, 2).float() / size))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=m["initStd"])

    def forward(self, tokens, targets):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        logits = F.linear(self.norm(x), self.embed.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]).float(), targets.view(-1))


class Peer:
    def load(self, model, batch, threads, dtype, compile):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.shape = (batch, model["context"])
        self.vocabulary = model["vocabulary"]
        self.model = Decoder(model)
        decayed = [p for p in self.model.parameters() if p.dim() > 1]
        rest = [p for p in self.model.parameters() if p.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), fused=True)
        self.autocast = dtype == "bfloat16"
        self.loss = torch.compile(self.model) if compile else self.model
        began = time.perf_counter()
        self.steps(2)
        return {"parameters": sum(p.numel() for p in self.model.parameters()), "seconds": time.perf_counter() - began}

    def steps(self, n):
        began = time.perf_counter()
        for _ in range(n):
            tokens = torch.randint(self.vocabulary, self.shape)
            targets = torch.randint(self.vocabulary, self.shape)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
                loss = self.loss(tokens, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()
            loss.item()
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}

    def gemm(self, n):
        a, b = torch.rand(n, n), torch.rand(n, n)
        a @ b
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            a @ b
            seconds.append(time.perf_counter() - began)
        return {"gflops": 2 * n**3 / min(seconds) / 1e9}


peer = Peer()
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "load" in request:
            answer = peer.load(**request["load"])
        elif "steps" in request:
            answer = peer.steps(request["steps"])
        else:
            answer = peer.gemm(request["gemm"])
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answer), flush=True)
