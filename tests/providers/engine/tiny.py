"""GGUF files of other architectures with random weights, a few hundred kilobytes each, for the engine's tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np

_WIDTH, _LAYERS, _HEADS, _KV_HEADS, _FFN, _CONTEXT = 64, 2, 4, 2, 128, 2048
_WORDS = [" the", " ping", " host", "er", "in", "on"]
_Tensors = Iterator[tuple[str, tuple[int, ...], float]]


def _vocabulary(writer: gguf.GGUFWriter) -> int:
    """A SentencePiece vocabulary: three control tokens, all bytes, some words."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens += [chr(code) for code in range(33, 127)] + ["\u2581" + word.strip() for word in _WORDS]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * (len(tokens) - 259)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores([-float(index) for index in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    return len(tokens)


def _attention(arch: str) -> Callable[[gguf.GGUFWriter, int], _Tensors]:
    head = _WIDTH // _HEADS

    def tensors(writer: gguf.GGUFWriter, vocabulary: int) -> _Tensors:
        writer.add_context_length(_CONTEXT)
        writer.add_embedding_length(_WIDTH)
        writer.add_block_count(_LAYERS)
        writer.add_feed_forward_length(_FFN)
        writer.add_head_count(_HEADS)
        writer.add_head_count_kv(_KV_HEADS)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_rope_freq_base(10000.0)
        writer.add_key_length(head)
        writer.add_value_length(head)
        if arch == "gemma3":
            writer.add_sliding_window(32)
        yield "token_embd.weight", (vocabulary, _WIDTH), 1.0
        yield "output_norm.weight", (_WIDTH,), 0.0
        if arch != "gemma3":
            yield "output.weight", (vocabulary, _WIDTH), 0.3
        for index in range(_LAYERS):
            name = f"blk.{index}"
            norms = ["attn_norm", "ffn_norm"]
            if arch == "gemma3":
                norms += ["post_attention_norm", "post_ffw_norm"]
            for norm in norms:
                yield f"{name}.{norm}.weight", (_WIDTH,), 0.0
            if arch in ("gemma3", "qwen3"):
                for norm in ("attn_q_norm", "attn_k_norm"):
                    yield f"{name}.{norm}.weight", (head,), 0.0
            yield f"{name}.attn_q.weight", (_WIDTH, _WIDTH), 0.2
            yield f"{name}.attn_k.weight", (_KV_HEADS * head, _WIDTH), 0.2
            yield f"{name}.attn_v.weight", (_KV_HEADS * head, _WIDTH), 0.2
            yield f"{name}.attn_output.weight", (_WIDTH, _WIDTH), 0.2
            if arch == "qwen2":
                for part, size in (("q", _WIDTH), ("k", _KV_HEADS * head), ("v", _KV_HEADS * head)):
                    yield f"{name}.attn_{part}.bias", (size,), 0.1
            yield f"{name}.ffn_gate.weight", (_FFN, _WIDTH), 0.2
            yield f"{name}.ffn_up.weight", (_FFN, _WIDTH), 0.2
            yield f"{name}.ffn_down.weight", (_WIDTH, _FFN), 0.2

    return tensors


def _rwkv6(writer: gguf.GGUFWriter, vocabulary: int) -> _Tensors:
    mix, decay = 32, 32
    writer.add_context_length(1048576)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_layer_norm_eps(1e-5)
    writer.add_rescale_every_n_layers(6)
    writer.add_wkv_head_size(32)
    writer.add_time_mix_extra_dim(mix)
    writer.add_time_decay_extra_dim(decay)
    writer.add_feed_forward_length(_FFN)
    writer.add_head_count(0)
    yield "token_embd.weight", (vocabulary, _WIDTH), 0.5
    for norm in ("token_embd_norm", "output_norm"):
        yield f"{norm}.weight", (_WIDTH,), 0.0
        yield f"{norm}.bias", (_WIDTH,), 0.02
    yield "output.weight", (vocabulary, _WIDTH), 0.3
    for index in range(_LAYERS):
        name = f"blk.{index}"
        for norm in ("attn_norm", "attn_norm_2", "time_mix_ln"):
            yield f"{name}.{norm}.weight", (_WIDTH,), 0.0
            yield f"{name}.{norm}.bias", (_WIDTH,), 0.02
        yield f"{name}.time_mix_lerp_x.weight", (1, 1, _WIDTH), 0.3
        yield f"{name}.time_mix_lerp_fused.weight", (5, 1, 1, _WIDTH), 0.3
        yield f"{name}.time_mix_w1.weight", (mix * 5, _WIDTH), 0.1
        yield f"{name}.time_mix_w2.weight", (5, _WIDTH, mix), 0.1
        yield f"{name}.time_mix_first.weight", (_WIDTH // 32, 32), 0.3
        yield f"{name}.time_mix_decay.weight", (_WIDTH,), 0.3
        yield f"{name}.time_mix_decay_w1.weight", (decay, _WIDTH), 0.1
        yield f"{name}.time_mix_decay_w2.weight", (_WIDTH, decay), 0.1
        for matrix in ("key", "value", "receptance", "gate", "output"):
            yield f"{name}.time_mix_{matrix}.weight", (_WIDTH, _WIDTH), 0.15
        yield f"{name}.channel_mix_lerp_k.weight", (1, 1, _WIDTH), 0.3
        yield f"{name}.channel_mix_lerp_r.weight", (1, 1, _WIDTH), 0.3
        yield f"{name}.channel_mix_key.weight", (_FFN, _WIDTH), 0.15
        yield f"{name}.channel_mix_value.weight", (_WIDTH, _FFN), 0.15
        yield f"{name}.channel_mix_receptance.weight", (_WIDTH, _WIDTH), 0.15


_MAKERS: dict[str, Callable[[gguf.GGUFWriter, int], _Tensors]] = {
    **{arch: _attention(arch) for arch in ("llama", "qwen2", "qwen3", "gemma3")},
    "rwkv6": _rwkv6,
}
ARCHITECTURES = tuple(_MAKERS)


def write_tiny(arch: str, path: Path, seed: int = 0) -> Path:
    """Writes a file of one of `ARCHITECTURES`; a spread of 0 means a norm's weight, which is 1."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name(f"tiny {arch}")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    vocabulary = _vocabulary(writer)
    for name, shape, spread in _MAKERS[arch](writer, vocabulary):
        values = rng.standard_normal(math.prod(shape), np.float32).reshape(shape) * np.float32(spread or 0.02)
        writer.add_tensor(name, values + np.float32(0 if spread else 1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
