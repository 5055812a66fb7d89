"""States on the disk: written whole or not at all, checked when read, the least recently used removed first.

A file is named by the number of its tokens and their key (`providers.engine.states.prefix_keys`), and lies in a folder
named by the weights and the build of llama.cpp. Several engines may share the folders: a file that is gone is a state
that was not kept.

Layout: the magic, the length of a JSON header (4 bytes, little-endian), the header, the tokens (int32), the logits
(float32), the state, and BLAKE2b (32 bytes) of all that.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"smallwatch state 1\n"
_SUFFIX = ".state"
_KEY_DIGITS = 16
_CHECK = 32
#: Bytes that may wait to be written; what comes while the disk is too slow is kept in memory only.
_BACKLOG = 128 * 2**20
#: Share of the limit that is written before all files are counted again: other engines write there too.
_COUNTED_EVERY = 1 / 16
#: What remains of the limit when it was passed, so that not every write has to look for what to remove.
_REMAINS = 0.9

Stored = tuple[NDArray[np.uint8], NDArray[np.float32] | None]


class _Unusable(Exception):
    """A file is not the state that its name says."""


class StateFiles:
    """The states of one model on the disk; reads on the caller's thread, writes on one of its own."""

    def __init__(
        self, folder: Path, *, weights: str, build: str, limit: int, warn: Callable[[str], None]
    ) -> None:
        """Takes stock of what is there.

        Args:
            folder: Where all models' states lie.
            weights: SHA-256 of the model's file.
            build: What else a state depends on: llama.cpp's version.
            limit: Bytes that the states of all models together may take.
            warn: Told when a file cannot be used or written.
        """
        self._root = folder
        self._weights = weights
        self._build = build
        self._limit = limit
        self._warn = warn
        name = hashlib.sha256(f"{weights}\0{build}".encode()).hexdigest()[:32]
        self._folder = folder / name
        self._stamp = -1
        self._known: set[tuple[int, int]] = set()
        self._lengths: set[int] = set()
        self._looking = threading.Lock()
        self._uncounted = float("inf")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="states")
        self._backlog = 0
        self.bytes = 0

    def lengths(self) -> set[int]:
        """The numbers of tokens that states here stand for."""
        with self._looking:
            try:
                stamp = self._folder.stat().st_mtime_ns
            except OSError:
                return set()
            if stamp != self._stamp:
                self._stamp = stamp
                self._known = set(filter(None, map(_parsed, os.listdir(self._folder))))
                self._lengths = {length for length, _ in self._known}
            return set(self._lengths)

    def has(self, key: int, length: int) -> bool:
        """Whether there was a state with so many tokens and this key when `lengths` was last asked for."""
        return (length, key) in self._known

    def read(self, key: int, tokens: NDArray[np.int32]) -> Stored | None:
        """The state of exactly these tokens and its logits; None where it is not there or cannot be trusted."""
        if not self.has(key, len(tokens)):
            return None
        path = self._path(key, len(tokens))
        try:
            data = path.read_bytes()
            stored = self._parse(data, tokens)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (_Unusable, OSError) as error:
            self._warn(f"the kept state {path.name} is not used, it is computed again: {error}")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return stored

    def _parse(self, data: bytes, tokens: NDArray[np.int32]) -> Stored:
        body = memoryview(data)[:-_CHECK]
        if hashlib.blake2b(body, digest_size=_CHECK).digest() != data[-_CHECK:]:
            raise _Unusable("its checksum is wrong, it is damaged")
        if not data.startswith(_MAGIC):
            raise _Unusable("it is of another format")
        start = len(_MAGIC) + 4
        header_end = start + int.from_bytes(data[len(_MAGIC) : start], "little")
        header: dict[str, Any] = json.loads(data[start:header_end])
        if (header["weights"], header["build"]) != (self._weights, self._build):
            raise _Unusable("it is of other weights or of another llama.cpp")
        tokens_end = header_end + 4 * header["tokens"]
        logits_end = tokens_end + 4 * header["logits"]
        if not np.array_equal(np.frombuffer(body[header_end:tokens_end], np.int32), tokens):
            raise _Unusable("it is of other tokens")
        logits = np.frombuffer(body[tokens_end:logits_end], np.float32).copy() if header["logits"] else None
        return np.frombuffer(body[logits_end:], np.uint8), logits

    def write(
        self,
        key: int,
        tokens: NDArray[np.int32],
        state: NDArray[np.uint8],
        logits: NDArray[np.float32] | None,
    ) -> None:
        """Has a state written in the background, unless it is there."""
        full = len(state) > self._limit or self._backlog + len(state) > _BACKLOG
        if full or self.has(key, len(tokens)):
            return
        self._backlog += len(state)
        self._writer.submit(self._write, key, tokens, state, logits)

    def _write(
        self,
        key: int,
        tokens: NDArray[np.int32],
        state: NDArray[np.uint8],
        logits: NDArray[np.float32] | None,
    ) -> None:
        header = json.dumps(
            {
                "weights": self._weights,
                "build": self._build,
                "tokens": len(tokens),
                "logits": 0 if logits is None else len(logits),
            }
        ).encode()
        parts: list[bytes | memoryview] = [
            _MAGIC,
            len(header).to_bytes(4, "little"),
            header,
            tokens.tobytes(),
        ]
        parts += [b"" if logits is None else logits.tobytes(), state.data]
        check = hashlib.blake2b(digest_size=_CHECK)
        for part in parts:
            check.update(part)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._put(key, len(tokens), [*parts, check.digest()])
            if self._uncounted > _COUNTED_EVERY * self._limit or self.bytes > self._limit:
                self._tidy()
        except OSError as error:
            self._warn(f"a state cannot be kept in {self._folder}: {error}")
        finally:
            self._backlog -= len(state)

    def _put(self, key: int, length: int, parts: Sequence[bytes | memoryview]) -> None:
        """Writes beside the place and moves there. A power cut may tear the file; its checksum tells."""
        before = self._folder.stat().st_mtime_ns
        handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(parts)
            os.replace(temporary, self._path(key, length))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        written = sum(map(len, parts))
        self.bytes += written
        self._uncounted += written
        with self._looking:
            # What this engine writes it need not look for. What another wrote in this moment is seen at the next count.
            if before == self._stamp:
                self._known.add((length, key))
                self._lengths.add(length)
                self._stamp = self._folder.stat().st_mtime_ns

    def _tidy(self) -> None:
        """Removes what was used least recently, whichever model it is of, until the limit holds."""
        found: list[tuple[float, int, Path]] = []
        for path in self._root.glob("*/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        remains = self._limit if total <= self._limit else int(_REMAINS * self._limit)
        for _, size, path in sorted(found):
            if total <= remains:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size
        self.bytes, self._uncounted, self._stamp = total, 0, -1

    def _path(self, key: int, length: int) -> Path:
        return self._folder / f"{length}-{key:0{_KEY_DIGITS}x}{_SUFFIX}"

    def close(self) -> None:
        """Waits until everything is written."""
        self._writer.shutdown()


def _parsed(file: str) -> tuple[int, int] | None:
    """The number of tokens and their key that a file's name says."""
    length, _, key = file.removesuffix(_SUFFIX).partition("-")
    if not (file.endswith(_SUFFIX) and length.isdecimal() and len(key) == _KEY_DIGITS):
        return None
    try:
        return int(length), int(key, 16)
    except ValueError:
        return None
