"""Trains one size of the family on one GPU.

    python -m training.train --size 7m --steps 6000 --out out/netmon-7m.safetensors

Needs PyTorch with CUDA, and `fla-core` for its kernels.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from pathlib import Path

import torch
from torch.nn import functional as F

from training.data import Batch, batches, encode, pad, split
from training.generate import Generator, load_bank
from training.model import RWKV7, Shape, compile_parts
from training.muon import Muon
from training.sources import data_hash
from training.vocabulary import Vocabulary

#: width, layers, ffn, ranks (decay, rate, value, gate)
SIZES: dict[str, tuple[int, ...]] = {
    "0.5m": (64, 8, 256, 16, 16, 16, 16),
    "2m": (128, 9, 512, 32, 32, 32, 32),
    "7m": (256, 10, 1024, 32, 32, 32, 64),
    "20m": (384, 12, 1536, 32, 32, 32, 96),
}


def one_configuration() -> None:
    """Keeps Triton from trying every configuration of fla's kernels, which takes many minutes on a fresh machine."""
    from triton.runtime import autotuner

    original = autotuner.Autotuner.__init__

    def first_only(self, fn, arg_names, configs, *rest, **named):  # type: ignore[no-untyped-def]
        original(self, fn, arg_names, configs[:1], *rest, **named)

    autotuner.Autotuner.__init__ = first_only


def loss_of(model: RWKV7, batch: Batch, device: str) -> torch.Tensor:
    """Weighted cross entropy of a batch."""
    tokens = torch.from_numpy(batch.tokens.astype("int64")).to(device, non_blocking=True)
    weights = torch.from_numpy(batch.weights).to(device, non_blocking=True).float()
    with torch.autocast(device, dtype=torch.bfloat16):
        logits = model(tokens, fast=True)
    losses = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


@torch.no_grad()
def exact(model: RWKV7, part: int, count: int, device: str) -> dict[str, float]:
    """Share of documents of held-out templates whose whole reply is what greedy decoding gives, by kind."""
    vocabulary = Vocabulary.load()
    generator = Generator(split(load_bank(), part, held=True), seed=999)
    rows = [(d, *encode(d, vocabulary)) for d in (generator.draw() for _ in range(count))]
    hits: dict[str, list[bool]] = defaultdict(list)
    rows.sort(key=lambda row: len(row[1]))
    for start in range(0, len(rows), 256):
        some = rows[start : start + 256]
        batch = pad([(tokens, weights) for _, tokens, weights in some])
        tokens = torch.from_numpy(batch.tokens.astype("int64")).to(device)
        with torch.autocast(device, dtype=torch.bfloat16):
            best = model(tokens, fast=True)[:, :-1].argmax(-1)
        reply = torch.from_numpy(batch.weights).to(device)[:, 1:] == 1
        right = ((best == tokens[:, 1:]) | ~reply).all(dim=1).tolist()
        for (document, _, _), ok in zip(some, right, strict=True):
            said = document[-1][0]
            kind = (
                "silent"
                if "<tool_call>" not in said
                else "several"
                if said.count("<tool_call>") > 1
                else "call"
            )
            hits[kind if len(document) <= 4 else kind + "+history"].append(ok)
            hits["all"].append(ok)
    return {kind: round(sum(found) / len(found), 4) for kind, found in sorted(hits.items())}


def main() -> None:
    """Trains, measures on held-out templates where some are held out, and saves weights and a card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--optimizer", choices=("adamw", "muon"), default="muon")
    parser.add_argument("--batch-tokens", type=int, default=65536)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument(
        "--hold-out", type=int, default=0, help="hold out one template in N and measure on them"
    )
    parser.add_argument("--seconds", type=float, default=math.inf, help="end, annealed, after so long")
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    one_configuration()
    torch.manual_seed(arguments.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    vocabulary = Vocabulary.load()
    shape = Shape(*SIZES[arguments.size], vocabulary=len(vocabulary))
    model = RWKV7(shape, arguments.dropout).to("cuda")
    count = sum(p.numel() for p in model.parameters())
    if arguments.compile:
        compile_parts()
    optimizers = _optimizers(model, arguments.optimizer, arguments.rate)
    base = [[g["lr"] for g in o.param_groups] for o in optimizers]
    print(f"{arguments.size}: {count:,} parameters", flush=True)
    model.train()
    begun, seen, step = time.monotonic(), 0, 0
    recent: list[torch.Tensor] = []
    source = batches(arguments.seed, arguments.batch_tokens, arguments.workers, arguments.hold_out)
    for step, batch in zip(range(arguments.steps), source, strict=False):
        # A run that is cut by time still anneals: the schedule follows whichever is further on.
        done = max(step / arguments.steps, (time.monotonic() - begun) / arguments.seconds)
        factor = min((step + 1) / 100, 1.0) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        for optimizer, rates in zip(optimizers, base, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
        loss = loss_of(model, batch, "cuda")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        seen += batch.tokens.size
        recent.append(loss.detach())
        over = time.monotonic() - begun > arguments.seconds
        if step in (20, 60) or step % 500 == 499 or step == arguments.steps - 1 or over:
            mean = torch.stack(recent).mean().item()
            seconds = time.monotonic() - begun
            recent.clear()
            print(
                f"{arguments.size} step {step + 1} loss {mean:.4f} {seen / seconds:,.0f} tok/s {seconds:.0f} s",
                flush=True,
            )
        if over:
            break
    seconds = time.monotonic() - begun
    card: dict[str, object] = {
        "size": arguments.size,
        "shape": shape.as_dict(),
        "parameters": count,
        "seed": arguments.seed,
        "steps": step + 1,
        "tokens": seen,
        "seconds": round(seconds),
        "rate": arguments.rate,
        "batch_tokens": arguments.batch_tokens,
        "optimizer": arguments.optimizer,
        "dropout": arguments.dropout,
        "device": torch.cuda.get_device_name(),
        "data_sha256": data_hash(),
    }
    if arguments.hold_out:
        model.eval()
        card["held_out_exact"] = exact(model, arguments.hold_out, 4000, "cuda")
    print(json.dumps(card), flush=True)
    _save(model, arguments.out, card)


def _optimizers(model: RWKV7, kind: str, rate: float) -> list[torch.optim.Optimizer]:
    matrices, vectors, hidden = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2 or name.endswith("lerp"):
            vectors.append(parameter)
        elif kind == "muon" and "layers" in name and min(parameter.shape) >= 32:
            hidden.append(parameter)
        else:
            matrices.append(parameter)
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), eps=1e-12, fused=True)
    ]
    if hidden:
        found.append(Muon(hidden, lr=rate))
    return found


def _save(model: RWKV7, path: Path, card: dict[str, object]) -> None:
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: p.detach().to(torch.bfloat16).contiguous().cpu() for name, p in model.named_parameters()}
    save_file(tensors, path, metadata={"card": json.dumps(card)})


if __name__ == "__main__":
    main()
