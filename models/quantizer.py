"""Converts a GGUF file to another format, in a process of its own: a damaged file may kill it, and only it.

Started by `models.quantize` as `python -m models.quantizer SOURCE TARGET RECIPE`. Writes a line `DONE TOTAL`
for each tensor to standard output, and llama.cpp's errors to standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from typing import Any

import llama_cpp as lib

_TENSOR = re.compile(rb"\[ *(\d+)/ *(\d+)\]")
_INFO, _ERROR = 2, 4


def _log(level: int, text: bytes, data: Any) -> None:
    if level >= _ERROR:
        sys.stderr.buffer.write(text)
    elif level == _INFO and (match := _TENSOR.match(text)):
        sys.stdout.buffer.write(b"%s %s\n" % match.groups())
        sys.stdout.buffer.flush()


# llama.cpp keeps the pointer for ever, so the callback must live as long.
_CALLBACK = lib.llama_log_callback(_log)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quantize(source: str, target: str, recipe: dict[str, Any]) -> bool:
    """Writes `source` to `target` as `Recipe.to_json` says; returns whether llama.cpp could."""
    lib.llama_log_set(_CALLBACK, ctypes.c_void_p(0))
    params = lib.llama_model_quantize_default_params()
    params.nthread = _processors()
    params.ftype = recipe["file_type"]
    if recipe["output"] is not None:
        params.output_tensor_type = recipe["output"]
    if recipe["embedding"] is not None:
        params.token_embedding_type = recipe["embedding"]
    overrides = recipe["overrides"]
    # The list ends with an override that has no pattern.
    array = (lib.llama_model_tensor_override * (len(overrides) + 1))()
    for slot, (pattern, number) in zip(array, overrides, strict=False):
        slot.pattern, slot.type = pattern.encode(), number
    if overrides:
        params.tt_overrides = ctypes.cast(array, ctypes.POINTER(lib.llama_model_tensor_override))
    return lib.llama_model_quantize(source.encode(), target.encode(), ctypes.pointer(params)) == 0


def main() -> None:
    """Converts as the command line says; exits with 1 where llama.cpp could not."""
    source, target, recipe = sys.argv[1:]
    sys.exit(0 if quantize(source, target, json.loads(recipe)) else 1)


if __name__ == "__main__":
    main()
