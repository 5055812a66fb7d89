"""Imports of the engine's process, cut to what decoding needs: they are most of the time until its first token.

`import llama_cpp` also loads that package's high-level half (chat templates, disk caches, forms of a server), which is
not used here. numpy's OpenBLAS starts a thread a processor, and there is no linear algebra here. The collector looks
again and again through what imports make, of which nothing is garbage.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version


@contextmanager
def quick_imports() -> Generator[None]:
    """While it is open, imports are quick; what was imported is never looked through for garbage afterwards."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    try:
        _import_bare("llama_cpp", "llama_cpp.llama_cpp", "llama_cpp_python")
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_bare(package: str, module: str, distribution: str) -> None:
    """Imports a package as if its `__init__` held nothing but all of one module of it, and the version."""
    spec = importlib.util.find_spec(package)
    if spec is None or package in sys.modules:
        return
    bare = sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        found = importlib.import_module(module)
    except BaseException:
        del sys.modules[package]
        raise
    public = {name: value for name, value in vars(found).items() if not name.startswith("_")}
    vars(bare).update(public, __version__=version(distribution))
