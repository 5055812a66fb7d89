"""Writes trained weights as a GGUF file that llama.cpp runs.

python -m training.export out/netmon-7m.safetensors models/netmon-7m-bf16.gguf
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from models.family import WRITTEN_DIALECT
from training.model import HEAD_SIZE, NORM_EPS
from training.rounding import rounded
from training.vocabulary import Vocabulary

_LOW_RANK = ("w1", "w2", "a1", "a2", "v1", "v2", "g1", "g2")


def tensors(weights: dict[str, Tensor], layers: int) -> Iterator[tuple[str, Tensor]]:
    """Renames tensors to llama.cpp's names and shapes."""
    yield "token_embd.weight", weights["embedding.weight"]
    yield "token_embd_norm.weight", weights["norm0.weight"]
    yield "token_embd_norm.bias", weights["norm0.bias"]
    for index in range(layers):
        mine, theirs = f"layers.{index}", f"blk.{index}"
        for number, name in ((1, "attn_norm"), (2, "attn_norm_2")):
            yield f"{theirs}.{name}.weight", weights[f"{mine}.norm{number}.weight"]
            yield f"{theirs}.{name}.bias", weights[f"{mine}.norm{number}.bias"]
        mix = f"{mine}.time_mix"
        yield f"{theirs}.time_mix_lerp_fused.weight", weights[f"{mix}.lerp"].reshape(6, 1, 1, -1)
        for name in ("w0", "a0", "v0", *_LOW_RANK):
            # Layer 0 mixes in no first value, but llama.cpp asks for the tensors: it gets others of that shape.
            source = name.replace("v", "a") if index == 0 else name
            yield f"{theirs}.time_mix_{name}.weight", weights[f"{mix}.{source}"]
        for name in ("k_k", "k_a", "r_k", "receptance", "key", "value", "output"):
            yield f"{theirs}.time_mix_{name}.weight", weights[f"{mix}.{name}"]
        yield f"{theirs}.time_mix_ln.weight", weights[f"{mix}.ln_weight"]
        yield f"{theirs}.time_mix_ln.bias", weights[f"{mix}.ln_bias"]
        yield f"{theirs}.channel_mix_lerp_k.weight", weights[f"{mine}.channel_mix.lerp"].reshape(1, 1, -1)
        yield f"{theirs}.channel_mix_key.weight", weights[f"{mine}.channel_mix.key"]
        yield f"{theirs}.channel_mix_value.weight", weights[f"{mine}.channel_mix.value"]
    yield "output_norm.weight", weights["norm_out.weight"]
    yield "output_norm.bias", weights["norm_out.bias"]
    yield "output.weight", weights["head"]


def export(source: Path, target: Path, mantissa: int = 7) -> dict[str, Any]:
    """Converts a safetensors file of `training.train`; returns its card.

    Matrices are stored as BF16, vectors as F32, as llama.cpp wants them. Fewer bits of mantissa than seven make a file
    that compresses better.
    """
    with safe_open(source, framework="pt") as file:
        card = json.loads(file.metadata()["card"])
        weights = {name: file.get_tensor(name) for name in file.keys()}
    shape = card["shape"]
    writer = gguf.GGUFWriter(target, "rwkv7")
    writer.add_name(f"netmon-{card['size']}")
    writer.add_license("apache-2.0")
    writer.add_string("smallwatch.dialect", WRITTEN_DIALECT)
    writer.add_string("smallwatch.data_sha256", card["data_sha256"])
    writer.add_context_length(1048576)
    writer.add_embedding_length(shape["width"])
    writer.add_block_count(shape["layers"])
    writer.add_layer_norm_eps(NORM_EPS)
    writer.add_wkv_head_size(HEAD_SIZE)
    writer.add_decay_lora_rank(shape["rank_decay"])
    writer.add_iclr_lora_rank(shape["rank_rate"])
    writer.add_value_residual_mix_lora_rank(shape["rank_value"])
    writer.add_gate_lora_rank(shape["rank_gate"])
    writer.add_feed_forward_length(shape["ffn"])
    writer.add_head_count(0)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    vocabulary = Vocabulary.load()
    if len(vocabulary) != shape["vocabulary"]:
        raise ValueError(
            f"{source} was trained with {shape['vocabulary']} tokens, the vocabulary has {len(vocabulary)}"
        )
    writer.add_tokenizer_model("rwkv")
    writer.add_token_list([repr(token)[2:-1].replace('\\"', '"').encode() for token in vocabulary.tokens])
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(vocabulary) - 1))
    for special in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_eot_token_id):
        special(0)
    for name, tensor in tensors(weights, shape["layers"]):
        if tensor.squeeze().dim() >= 2 and "lerp" not in name:
            data = rounded(tensor, mantissa).to(torch.bfloat16).contiguous().view(torch.uint16).numpy()
            writer.add_tensor(name, data.view(np.uint8), raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            writer.add_tensor(name, tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return card


def main() -> None:
    """Converts one file and prints its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument(
        "--mantissa", type=int, choices=range(1, 8), default=7, help="bits kept of each matrix"
    )
    arguments = parser.parse_args()
    print(json.dumps(export(arguments.source, arguments.target, arguments.mantissa), indent=2))


if __name__ == "__main__":
    main()
