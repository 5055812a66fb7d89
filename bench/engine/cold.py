"""Starts: from a new process to the first token. `python -m bench.engine.cold MODEL THREADS`, the prompt on stdin."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time

_STARTS = 3
_ONCE = """
import asyncio, sys, time
from pathlib import Path
from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Generate, Piece

async def main():
    model, threads, folder = sys.argv[1:4]
    options = EngineOptions(threads=int(threads), slots=16, state_dir=Path(folder))
    engine = Engine(Path(model), options, "0" * 64)
    async for message in engine.generate(Generate(0, sys.stdin.read(), "\\x01ping db-03\\x02", 4)):
        if isinstance(message, Piece):
            print(time.time(), flush=True)
            break
    await engine.aclose()

asyncio.run(main())
"""


def first_token(model: str, threads: str, folder: str, fixed: str) -> float:
    """Seconds from the start of a Python process to the first token of a model that it starts."""
    begun = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _ONCE, model, threads, folder],
        input=fixed,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[0]) - begun


def main() -> None:
    """Prints the seconds of a first start, and of some that find the state on the disk."""
    fixed = sys.stdin.read()
    with tempfile.TemporaryDirectory(prefix="smallwatch-bench-") as folder:
        first = [first_token(*sys.argv[1:3], folder, fixed)]
        kept = [first_token(*sys.argv[1:3], folder, fixed) for _ in range(_STARTS)]
    print(json.dumps({"first_s": first, "kept_s": kept}))


if __name__ == "__main__":
    main()
