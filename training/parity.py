"""Keeps what PyTorch says of a trained size, so that what llama.cpp says can be held against it anywhere.

    python -m training.parity out/netmon-7m.safetensors training/parity/netmon-7m.npz

Three implementations run the same weights on the same documents: fla's `RWKV7ForCausalLM` (needs a GPU, `fla-core` and
`flash-linear-attention`), in float32 and in bfloat16, the kernel of the training, in its mixed precision, and the
step-by-step recurrence in float32. The file holds fla's log probabilities where it ran, else the recurrence's, and how
far the others are from it. `bench/parity.py` then asks llama.cpp, format by format.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional as F

from training.data import encode, pad
from training.generate import Generator, load_bank
from training.model import NORM_EPS, RWKV7, Shape
from training.vocabulary import Vocabulary

#: No training run draws from this seed.
SEED = 20_260_101
LONGEST = 192
#: Places compared in each document: its last ones, where the model speaks.
PLACES = 8


def documents(count: int) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Draws documents.

    Returns:
        Tokens `[count, time]`, padded at the end, and each one's length `[count]`.
    """
    generator, vocabulary = Generator(load_bank(), SEED), Vocabulary.load()
    rows: list[tuple[list[int], list[float]]] = []
    while len(rows) < count:
        row = encode(generator.draw(), vocabulary)
        if PLACES * 2 < len(row[0]) <= LONGEST:
            rows.append(row)
    return pad(rows).tokens, np.array([len(tokens) for tokens, _ in rows])


def places(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Document and position of each place that is compared: the last ones that predict a token."""
    rows = np.repeat(np.arange(len(lengths)), PLACES)
    return rows, np.concatenate([np.arange(length - 1 - PLACES, length - 1) for length in lengths])


def one_configuration() -> None:
    """Leaves each of Triton's kernels its first configuration: fla's try so many that a first run takes minutes.

    Which of them runs changes the speed, not what is computed. To be called before fla is imported.
    """
    from triton.runtime.autotuner import Autotuner

    begin = Autotuner.__init__

    def with_one(self: Autotuner, fn: Any, arg_names: Any, configs: Any, *rest: Any, **more: Any) -> None:
        begin(self, fn, arg_names, configs[:1], *rest, **more)

    Autotuner.__init__ = with_one


def fla_model(weights: dict[str, Tensor], shape: Shape) -> torch.nn.Module:
    """The same weights in fla's model."""
    one_configuration()
    from fla.models.rwkv7 import RWKV7Config, RWKV7ForCausalLM

    config = RWKV7Config(
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        intermediate_size=shape.ffn,
        decay_low_rank_dim=shape.rank_decay,
        a_low_rank_dim=shape.rank_rate,
        v_low_rank_dim=shape.rank_value,
        gate_low_rank_dim=shape.rank_gate,
        vocab_size=shape.vocabulary,
        norm_eps=NORM_EPS,
        fuse_norm=False,
        fuse_cross_entropy=False,
        use_cache=False,
    )
    model = RWKV7ForCausalLM(config)
    model.load_state_dict(fla_weights(weights, shape), strict=True)
    return model


def fla_weights(weights: dict[str, Tensor], shape: Shape) -> dict[str, Tensor]:
    """Renames tensors to fla's names and shapes."""
    found = {
        "model.embeddings.weight": weights["embedding.weight"],
        "model.layers.0.pre_norm.weight": weights["norm0.weight"],
        "model.layers.0.pre_norm.bias": weights["norm0.bias"],
        "model.norm.weight": weights["norm_out.weight"],
        "model.norm.bias": weights["norm_out.bias"],
        "lm_head.weight": weights["head"],
    }
    for layer in range(shape.layers):
        mine, theirs = f"layers.{layer}", f"model.layers.{layer}"
        for norm, name in (("norm1", "attn_norm"), ("norm2", "ffn_norm")):
            for part in ("weight", "bias"):
                found[f"{theirs}.{name}.{part}"] = weights[f"{mine}.{norm}.{part}"]
        mix, attention = f"{mine}.time_mix", f"{theirs}.attn"
        for index, letter in enumerate("rwkvag"):
            found[f"{attention}.x_{letter}"] = weights[f"{mix}.lerp"][index].reshape(1, 1, -1)
        for letter in "wavg" if layer else "wag":
            found[f"{attention}.{letter}_lora.lora.0.weight"] = weights[f"{mix}.{letter}1"]
            found[f"{attention}.{letter}_lora.lora.2.weight"] = weights[f"{mix}.{letter}2"]
            if letter != "g":
                found[f"{attention}.{letter}_lora.lora.2.bias"] = weights[f"{mix}.{letter}0"]
        for name in ("k_k", "k_a"):
            found[f"{attention}.{name}"] = weights[f"{mix}.{name}"]
        found[f"{attention}.r_k"] = weights[f"{mix}.r_k"].reshape(-1, 64)
        for short, name in (("r", "receptance"), ("k", "key"), ("v", "value"), ("o", "output")):
            found[f"{attention}.{short}_proj.weight"] = weights[f"{mix}.{name}"]
        found[f"{attention}.g_norm.weight"] = weights[f"{mix}.ln_weight"]
        found[f"{attention}.g_norm.bias"] = weights[f"{mix}.ln_bias"]
        found[f"{theirs}.ffn.x_k"] = weights[f"{mine}.channel_mix.lerp"]
        found[f"{theirs}.ffn.key.weight"] = weights[f"{mine}.channel_mix.key"]
        found[f"{theirs}.ffn.value.weight"] = weights[f"{mine}.channel_mix.value"]
    return found


@torch.no_grad()
def measure(weights: dict[str, Tensor], shape: Shape, count: int, device: str) -> dict[str, Any]:
    """Runs every implementation that this machine can run.

    Returns:
        What the file holds: `tokens`, `lengths`, `rows`, `positions`, `logprobs` `[places, vocabulary]` of the
        reference in float16, its name, and `apart`: KL divergence (mean, in nats) and top-1 agreement of each other
        implementation with it.
    """
    tokens, lengths = documents(count)
    rows, positions = places(lengths)
    given = torch.from_numpy(tokens.astype(np.int64)).to(device)
    model = RWKV7(shape).to(device).eval()
    model.load_state_dict(weights)
    said: dict[str, Tensor] = {}
    if device == "cuda":
        theirs = fla_model(weights, shape).to(device).eval()
        said["fla"] = _chosen(theirs(given).logits, rows, positions)
        said["fla-bf16"] = _chosen(theirs.to(torch.bfloat16)(given).logits, rows, positions)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            said["trained"] = _chosen(model(given, fast=True), rows, positions)
    said["recurrence"] = _chosen(model(given), rows, positions)
    name = next(iter(said))
    reference = said.pop(name)
    return {
        "tokens": tokens,
        "lengths": lengths,
        "rows": rows,
        "positions": positions,
        "logprobs": reference.cpu().numpy().astype(np.float16),
        "reference": name,
        "apart": json.dumps({other: _apart(reference, found) for other, found in said.items()}),
    }


def _chosen(logits: Tensor, rows: NDArray[np.int64], positions: NDArray[np.int64]) -> Tensor:
    return F.log_softmax(logits[torch.from_numpy(rows), torch.from_numpy(positions)].float(), dim=-1)


def _apart(reference: Tensor, other: Tensor) -> dict[str, float]:
    divergence = (reference.exp() * (reference - other)).sum(-1).mean().item()
    agreement = (reference.argmax(-1) == other.argmax(-1)).float().mean().item()
    return {"kl": divergence, "top1": agreement}


def main() -> None:
    """Measures one file of weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--documents", type=int, default=48)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    with safe_open(arguments.source, framework="pt") as file:
        shape = Shape(**json.loads(file.metadata()["card"])["shape"])
        weights = {name: file.get_tensor(name).float() for name in file.keys()}
    found = measure(weights, shape, arguments.documents, arguments.device)
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.target, **found)
    print(
        json.dumps(
            {"reference": found["reference"], "places": len(found["rows"]), **json.loads(found["apart"])}
        )
    )


if __name__ == "__main__":
    main()
