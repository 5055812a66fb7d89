"""Checks a GGUF file before anything else parses it.

A file of 50 bytes can hang the `gguf` package, and llama.cpp ends its process on some that are damaged. This
walk reads the header only, never more than the file holds or the bounds below allow, in time linear in its
length.
"""

from __future__ import annotations

import stat
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.errors import GGUFError
from models.family import OWN_DIALECT, WRITTEN_DIALECT
from models.ggml import FILE_TYPES, TENSOR_TYPES

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
# Bounds are llama.cpp's own, or far above what real files have and far below what hurts.
_MAX_ENTRIES = 16_384
_MAX_TENSORS = 65_536
_MAX_KEY = 1024
_MAX_TENSOR_NAME = 63
_MAX_DIMENSIONS = 4
_MAX_ARRAY_STRINGS = 1 << 22
_MAX_TEXT = 1 << 20
_MAX_ALIGNMENT = 1 << 16

_STRING, _ARRAY = 8, 9
_INTEGERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 10: "Q", 11: "q"}
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_TEXTS = (
    "general.architecture",
    "general.name",
    "tokenizer.chat_template",
    "smallwatch.data_sha256",
    "smallwatch.dialect",
    "smallwatch.random",
)
#: After the architecture.
_WIDTH = ".embedding_length"
_NUMBERS = ("general.file_type", "general.alignment", "split.count")
_TOKENS = "tokenizer.ggml.tokens"

_COPY_AGAIN = "fetch or copy it again"
# What is often saved under the name of a model, by its first bytes.
_IMPOSTORS = {
    b"vers": "it is a pointer of Git LFS; run `git lfs pull`",
    b"<!DO": "it is a web page; " + _COPY_AGAIN,
    b"<htm": "it is a web page; " + _COPY_AGAIN,
    b"PK\x03\x04": "it is a ZIP archive (PyTorch weights?); convert it to GGUF",
    b"ggml": "it is a file of the format before GGUF; convert it with llama.cpp",
    b"ggjt": "it is a file of the format before GGUF; convert it with llama.cpp",
}


@dataclass(frozen=True, slots=True)
class GGUFInfo:
    """What a file says of itself; None where it does not say.

    Attributes:
        version: Version of the GGUF format.
        architecture: llama.cpp's name of the architecture, such as `rwkv7`.
        name: The model's name.
        format: llama.cpp's name of the mix of tensor types, such as `q4_k_m`.
        tensors: Number of tensors.
        parameters: Number of elements of all tensors.
        vocabulary: Number of tokens.
        chat_template: Jinja template of a conversation.
        dialect: Smallwatch's name of how tools and calls are written.
        file_bytes: Size of the file.
        random: How the weights were drawn, where they are random: a file to measure speed with.
        data_sha256: Hash of what the model was trained on, as its trainer counted it.
        width: Elements of an embedding.
    """

    version: int
    architecture: str
    name: str | None
    format: str | None
    tensors: int
    parameters: int
    vocabulary: int | None
    chat_template: str | None
    dialect: str | None
    file_bytes: int
    random: str | None = None
    data_sha256: str | None = None
    width: int | None = None


class _Damaged(Exception):
    """What is wrong and what to do, without the file's name."""


class _Header:
    """A place in the file that only moves on, and never beyond the end."""

    def __init__(self, file: BinaryIO, size: int, deadline: float) -> None:
        self._file = file
        self._size = size
        self._deadline = deadline
        self.position = 0

    def _advance(self, count: int) -> None:
        if count > self._size - self.position:
            raise _Damaged(f"is cut short at {self._size} bytes; {_COPY_AGAIN}")
        if time.monotonic() > self._deadline:
            raise _Damaged(
                "has a header that takes too long to read; it is damaged or hostile, do not use it"
            )
        self.position += count

    def take(self, count: int) -> bytes:
        self._advance(count)
        data = self._file.read(count)
        if len(data) != count:
            raise _Damaged(f"became shorter while it was read; {_COPY_AGAIN}")
        return data

    def skip(self, count: int) -> None:
        self._advance(count)
        self._file.seek(self.position)

    def number(self, code: str) -> int:
        return struct.unpack(f"<{code}", self.take(struct.calcsize(f"<{code}")))[0]

    def bounded(self, what: str, limit: int) -> int:
        count = self.number("Q")
        if count > limit:
            raise _Damaged(f"says it has {count:,} {what}, more than {limit:,}; {_COPY_AGAIN}")
        return count

    def text(self, what: str, limit: int) -> str:
        length = self.number("Q")
        if length > limit:
            raise _Damaged(f"has a {what} of {length:,} bytes, more than {limit:,}; {_COPY_AGAIN}")
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise _Damaged(f"has a {what} that is not UTF-8; it is damaged: {_COPY_AGAIN}") from None


def check(path: Path, *, deadline_s: float = 10.0) -> GGUFInfo:
    """Checks that a file is a whole GGUF file with weights, as far as its header tells.

    Args:
        path: The file.
        deadline_s: Seconds that reading the header may take.

    Raises:
        GGUFError: It is not; the message says what is wrong and what to do.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise GGUFError(f"{path} is not a file; give the path of a .gguf file")
        with path.open("rb") as file:
            return _walk(_Header(file, status.st_size, time.monotonic() + deadline_s), status.st_size)
    except FileNotFoundError:
        raise GGUFError(f"{path} does not exist; check the path") from None
    except (OSError, ValueError) as error:
        # ValueError: a path that holds a NUL.
        raise GGUFError(f"{path} cannot be read: {error}") from error
    except _Damaged as error:
        raise GGUFError(f"{path} {error}") from None


def _walk(header: _Header, size: int) -> GGUFInfo:
    version = _version(header, size)
    tensors = header.bounded("tensors", _MAX_TENSORS)
    entries = header.bounded("entries of metadata", _MAX_ENTRIES)
    if not tensors:
        raise _Damaged("holds no weights; give a model's file, not a vocabulary")
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    _read_metadata(header, entries, texts, numbers)
    if "general.architecture" not in texts:
        raise _Damaged("names no architecture; it is not a model that llama.cpp can run")
    if numbers.get("split.count", 0) > 1:
        raise _Damaged("is one part of several; join them with `llama-gguf-split --merge`")
    file_type, dialect = numbers.get("general.file_type"), texts.get("smallwatch.dialect")
    return GGUFInfo(
        version=version,
        architecture=texts["general.architecture"],
        name=texts.get("general.name"),
        format=None if file_type is None else FILE_TYPES.get(file_type),
        tensors=tensors,
        parameters=_read_tensors(header, tensors, numbers.get("general.alignment", _DEFAULT_ALIGNMENT), size),
        vocabulary=numbers.get(_TOKENS),
        chat_template=texts.get("tokenizer.chat_template"),
        dialect=OWN_DIALECT if dialect == WRITTEN_DIALECT else dialect,
        file_bytes=size,
        random=texts.get("smallwatch.random"),
        data_sha256=texts.get("smallwatch.data_sha256"),
        width=numbers.get(texts["general.architecture"] + _WIDTH),
    )


def _version(header: _Header, size: int) -> int:
    if size == 0:
        raise _Damaged(f"is empty; {_COPY_AGAIN}")
    magic = header.take(min(4, size))
    if magic != _MAGIC:
        cure = _IMPOSTORS.get(magic, "give the path of a .gguf file")
        raise _Damaged(f"is not a GGUF file, it begins with {magic!r}: {cure}")
    version = header.number("I")
    if version not in _VERSIONS:
        if version and not version & 0xFFFF:
            raise _Damaged("is a GGUF file for big-endian machines; fetch the little-endian one")
        raise _Damaged(f"is of GGUF version {version}, not 2 or 3; convert it again with a current llama.cpp")
    return version


def _read_metadata(header: _Header, entries: int, texts: dict[str, str], numbers: dict[str, int]) -> None:
    """Fills in the entries that are wanted and passes over the others."""
    seen: set[str] = set()
    for _ in range(entries):
        key = header.text("key", _MAX_KEY)
        if not key:
            raise _Damaged(f"has an empty key; {_COPY_AGAIN}")
        if key in seen:
            raise _Damaged(f"has the key {key!r} twice; {_COPY_AGAIN}")
        seen.add(key)
        kind = header.number("I")
        wanted = key in _NUMBERS or key.endswith(_WIDTH)
        if (key in _TEXTS and kind != _STRING) or (wanted and kind not in _INTEGERS):
            raise _Damaged(f"has a value of the wrong type for {key!r}; {_COPY_AGAIN}")
        if kind == _STRING and key in _TEXTS:
            texts[key] = header.text(key, _MAX_TEXT)
        elif kind == _STRING:
            header.skip(header.number("Q"))
        elif kind in _INTEGERS and wanted:
            numbers[key] = header.number(_INTEGERS[kind])
        elif kind in _SIZES:
            header.skip(_SIZES[kind])
        elif kind == _ARRAY:
            count = _skip_array(header, key)
            if key == _TOKENS:
                numbers[key] = count
        else:
            raise _Damaged(f"has a value of the unknown type {kind} for {key!r}; {_COPY_AGAIN}")


def _skip_array(header: _Header, key: str) -> int:
    kind = header.number("I")
    if kind == _STRING:
        count = header.bounded(f"strings in {key!r}", _MAX_ARRAY_STRINGS)
        for _ in range(count):
            header.skip(header.number("Q"))
        return count
    if kind not in _SIZES:
        # Arrays of arrays are allowed by the format; llama.cpp reads none.
        raise _Damaged(f"has an array of type {kind} for {key!r}, which llama.cpp cannot read; {_COPY_AGAIN}")
    count = header.number("Q")
    header.skip(count * _SIZES[kind])
    return count


def _read_tensors(header: _Header, count: int, alignment: int, size: int) -> int:
    """Checks that every tensor lies where it must, and returns the number of their elements."""
    if not 0 < alignment <= _MAX_ALIGNMENT or alignment & (alignment - 1):
        raise _Damaged(f"has the alignment {alignment}, which is no power of two; {_COPY_AGAIN}")
    seen: set[str] = set()
    end = total = 0
    for _ in range(count):
        name = header.text("tensor's name", _MAX_TENSOR_NAME)
        if name in seen:
            raise _Damaged(f"has the tensor {name!r} twice; {_COPY_AGAIN}")
        seen.add(name)
        elements, length = _shape(header, name)
        offset = header.number("Q")
        # llama.cpp takes tensors only in this order, without gaps.
        expected = _aligned(end, alignment)
        if offset != expected:
            raise _Damaged(f"has the tensor {name!r} at offset {offset}, not at {expected}; {_COPY_AGAIN}")
        end = offset + length
        total += elements
    if _aligned(header.position, alignment) + end > size:
        missing = _aligned(header.position, alignment) + end - size
        raise _Damaged(f"is cut short: {missing:,} bytes of weights are missing; {_COPY_AGAIN}")
    return total


def _shape(header: _Header, name: str) -> tuple[int, int]:
    """Reads a tensor's shape and type; returns its elements and bytes."""
    dimensions = header.number("I")
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise _Damaged(f"has the tensor {name!r} of {dimensions} dimensions; {_COPY_AGAIN}")
    shape = [header.number("Q") for _ in range(dimensions)]
    number = header.number("I")
    kind = TENSOR_TYPES.get(number)
    if kind is None:
        raise _Damaged(f"has the tensor {name!r} of the unknown type {number}; use a file of another format")
    if not all(shape) or shape[0] % kind.elements:
        raise _Damaged(f"has the tensor {name!r} with a wrong shape, {shape} in {kind.name}; {_COPY_AGAIN}")
    elements = 1
    for length in shape:
        elements *= length
    return elements, elements // kind.elements * kind.size


def _aligned(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
