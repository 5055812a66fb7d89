"""SHA-256 of weights files, worked out once for each state of a file."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import cast

from models.progress import OnProgress, Progress, ignore

_CHUNK = 16 * 2**20


class HashCache:
    """Remembers hashes by path, size and time of the last change."""

    def __init__(self, folder: Path) -> None:
        """Keeps them in `folder`, which is made when the first one is kept."""
        self._folder = folder

    async def sha256(self, path: Path, on_progress: OnProgress = ignore) -> str:
        """The SHA-256 of a file, as hexadecimal digits.

        Raises:
            OSError: The file cannot be read.
        """
        path, state = await asyncio.to_thread(_state, path)
        entry = self._folder / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
        known = _read(entry)
        if known.get("state") == state and isinstance(known.get("sha256"), str):
            return cast("str", known["sha256"])
        digest = await _digest(path, on_progress)
        # A cache that cannot be written only costs time.
        with contextlib.suppress(OSError):
            _write(entry, json.dumps({"state": state, "sha256": digest}))
        return digest


def _state(path: Path) -> tuple[Path, list[str | int]]:
    path = path.resolve()
    status = path.stat()
    return path, [str(path), status.st_size, status.st_mtime_ns, status.st_ino]


async def _digest(path: Path, on_progress: OnProgress) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        # Chunk by chunk, so that a cancel does not wait for the whole file.
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            await asyncio.to_thread(digest.update, chunk)
            on_progress(Progress("hash", path.name, file.tell(), size))
    return digest.hexdigest()


def _read(entry: Path) -> dict[str, object]:
    try:
        known: object = json.loads(entry.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", known) if isinstance(known, dict) else {}


def _write(entry: Path, text: str) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    part = entry.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(entry)
