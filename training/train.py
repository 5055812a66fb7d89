"""Trains one size of the family on one GPU.

    python -m training.train --size 7m --seconds 540 --out out/netmon-7m.safetensors

Needs PyTorch with CUDA, and nvcc for the kernel of the recurrence.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import time
from pathlib import Path

from training.data import Feed, repeated, split
from training.generate import load_bank
from training.sources import data_hash

#: width, layers, ffn, ranks (decay, rate, value, gate)
SIZES: dict[str, tuple[int, ...]] = {
    "0.5m": (64, 9, 256, 16, 16, 16, 16),
    "2m": (128, 9, 512, 32, 32, 32, 32),
    "7m": (256, 10, 1024, 32, 32, 32, 64),
    "20m": (384, 12, 1536, 32, 32, 32, 96),
}
#: Of what each half of a layer adds; the small sizes are not done learning what they are shown.
DROPOUT = {"0.5m": 0.0, "2m": 0.0, "7m": 0.1, "20m": 0.1}
_WARM_UP = 100
_STEPS_AHEAD = 8


def main() -> None:
    """Trains, measures on held-out templates where some are held out, and saves weights and a card."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument(
        "--dropout", type=float, help="of what each half of a layer adds; if not given, the size's own"
    )
    parser.add_argument(
        "--read-until",
        type=float,
        nargs=2,
        default=(1.0, 1.0),
        metavar=("FROM", "TO"),
        help="shares of the training between which what is read stops to count in the loss",
    )
    parser.add_argument(
        "--round-from",
        type=float,
        default=1.0,
        metavar="SHARE",
        help='share of the training after which matrices are rounded as "4-bit" formats do; never, if not given',
    )
    parser.add_argument("--passes", type=int, default=1, help="how often each batch is learned from")
    parser.add_argument("--optimizer", choices=("adamw", "muon"), default="muon")
    parser.add_argument("--batch-tokens", type=int, default=65536)
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument(
        "--hold-out", type=int, default=0, help="hold out one template in N and measure on them"
    )
    parser.add_argument("--no-graphs", action="store_true", help="launch kernels one by one")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="end, annealed, so long after the start"
    )
    arguments = parser.parse_args()
    dropout = DROPOUT[arguments.size] if arguments.dropout is None else arguments.dropout
    begun = time.monotonic()
    bank = load_bank()
    learned = split(bank, arguments.hold_out, held=False) if arguments.hold_out else bank
    # Before PyTorch is loaded: workers are forked. Recording a graph collects garbage, which need not look at the bank.
    feed = Feed(learned, arguments.seed, arguments.batch_tokens, arguments.workers)
    gc.freeze()

    import torch

    from training.learning import Gradients, exact, optimizers_of, save
    from training.model import RWKV7, Shape, compile_parts
    from training.rounding import Rounding
    from training.vocabulary import Vocabulary

    torch.manual_seed(arguments.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    shape = Shape(*SIZES[arguments.size], vocabulary=len(Vocabulary.load()))
    model = RWKV7(shape, dropout).to("cuda")
    count = sum(p.numel() for p in model.parameters())
    compile_parts()
    optimizers = optimizers_of(model, arguments.optimizer, arguments.rate)
    base = [[g["lr"] for g in o.param_groups] for o in optimizers]
    print(f"{arguments.size}: {count:,} parameters, {time.monotonic() - begun:.0f} s", flush=True)
    model.train()
    gradients = Gradients(model, graphs=not arguments.no_graphs)
    rounding = Rounding(model)
    seen, step, recent = 0, 0, torch.zeros((), device="cuda")
    since, waited, asked = 0, 0.0, time.monotonic()
    for step, batch in enumerate(repeated(feed, arguments.passes), 1):
        waited += time.monotonic() - asked
        # A run that is cut by time still anneals: the schedule follows whichever is further on.
        done = max(step / arguments.steps, (time.monotonic() - begun) / arguments.seconds)
        factor = min(step / _WARM_UP, 1.0) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        for optimizer, rates in zip(optimizers, base, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
        begins, ends = arguments.read_until
        reading = min(max((ends - done) / max(ends - begins, 1e-9), 0.0), 1.0)
        rounds = done >= arguments.round_from
        if rounds:
            rounding.apply()
        recent += gradients.of(batch, reading)
        if rounds:
            rounding.restore()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        seen += batch.tokens.size
        if step % _STEPS_AHEAD == 0:
            torch.cuda.synchronize()
        over = step >= arguments.steps or time.monotonic() - begun > arguments.seconds
        if step in (1, 2, 20, 60) or step % 500 == 0 or over:
            seconds = time.monotonic() - begun
            mean = recent.item() / (step - since)
            print(
                f"{arguments.size} step {step} loss {mean:.4f} {seen / seconds:,.0f} tok/s {seconds:.0f} s, "
                f"{waited:.0f} s of them for documents",
                flush=True,
            )
            since = step
            recent.zero_()
        if over:
            break
        asked = time.monotonic()
    feed.close()
    if arguments.round_from < 1:
        rounding.finish()
    card: dict[str, object] = {
        "size": arguments.size,
        "shape": shape.as_dict(),
        "parameters": count,
        "seed": arguments.seed,
        "steps": step,
        "tokens": seen,
        "seconds": round(time.monotonic() - begun),
        "rate": arguments.rate,
        "batch_tokens": arguments.batch_tokens,
        "optimizer": arguments.optimizer,
        "dropout": dropout,
        "read_until": arguments.read_until,
        "round_from": arguments.round_from,
        "passes": arguments.passes,
        "device": torch.cuda.get_device_name(),
        "data_sha256": data_hash(),
    }
    if arguments.hold_out:
        model.eval()
        card["held_out_exact"] = exact(model, split(bank, arguments.hold_out, held=True), 4000)
    print(json.dumps(card), flush=True)
    save(model, arguments.out, card)


if __name__ == "__main__":
    main()
