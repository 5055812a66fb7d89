"""GGUF files of a few bytes, and a server that answers as the Hugging Face Hub does."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from models.catalogue import load_catalogue
from models.quantize import Source
from models.sources import Shipped
from models.store import StoreOptions

ROOT = Path(__file__).parents[2]
ENTRY = load_catalogue().entry("netmon-7m")


def shipped_file() -> Path:
    """The file that comes with the project."""
    assert isinstance(ENTRY.source, Shipped)
    return StoreOptions().shipped_path(ENTRY.source)


SOURCE = Source("netmon-7m", shipped_file(), "0" * 64)


def string(text: str | bytes) -> bytes:
    """A string as GGUF has it."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def text_entry(key: str, value: str) -> bytes:
    """An entry of metadata that is a string."""
    return string(key) + struct.pack("<I", 8) + string(value)


def u32_entry(key: str, value: int) -> bytes:
    """An entry of metadata that is a number."""
    return string(key) + struct.pack("<II", 4, value)


ARCHITECTURE = text_entry("general.architecture", "rwkv7")


def tensor(name: str, shape: Sequence[int], kind: int = 0, offset: int = 0) -> bytes:
    """What a header says of a tensor."""
    return (
        string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", kind, offset)
    )


def gguf(
    entries: Sequence[bytes] = (ARCHITECTURE,),
    tensors: Sequence[bytes] | None = None,
    data: bytes = b"\0" * 128,
    *,
    version: int = 3,
    counts: tuple[int, int] | None = None,
) -> bytes:
    """A GGUF file; by default a valid one with one tensor of 32 numbers."""
    tensors = [tensor("w", [32])] if tensors is None else tensors
    tensor_count, entry_count = counts or (len(tensors), len(entries))
    head = b"GGUF" + struct.pack("<IQQ", version, tensor_count, entry_count) + b"".join([*entries, *tensors])
    return head + b"\0" * (-len(head) % 32) + data


def command(*arguments: str) -> list[str]:
    """A `smallwatch models` command."""
    return [sys.executable, "-m", "models", *arguments]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """A child's environment in which nothing of this machine's user is seen or touched."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "SMALLWATCH_"))}
    own = {
        "SMALLWATCH_CACHE": str(tmp_path / "cache"),
        "HF_HOME": str(tmp_path / "hf"),
        "HOME": str(tmp_path),
    }
    return {**kept, **own, **more}


@dataclass
class Request:
    """One request for a file."""

    method: str
    host: str
    range: str | None
    authorization: str | None


@dataclass
class HubServer:
    """What the server has, how it misbehaves, and what it was asked.

    Attributes:
        files: Bodies by `owner/repository/file`.
        address: Where it listens.
        cuts: Bytes of each answer after which the connection is broken; one is used up by each GET.
        statuses: Status of each answer to a GET before it behaves; one is used up by each.
        ranges: Whether it answers ranges.
        cdn: Address to redirect to, as the real Hub does for large files.
        corrupt: Whether it sends other bytes than it says.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    cdn: str | None = None
    corrupt: bool = False
    requests: list[Request] = field(default_factory=list)

    def gets(self) -> list[Request]:
        """The requests for bodies."""
        return [request for request in self.requests if request.method == "GET"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: HubServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub, headers = self.server.hub, self.headers
        parts = self.path.strip("/").split("/")
        if parts[2:3] != ["resolve"]:
            self._end(404, {})
            return
        hub.requests.append(
            Request(self.command, headers["Host"], headers.get("Range"), headers.get("Authorization"))
        )
        repository = "/".join(parts[:2])
        content = hub.files.get("/".join([repository, *parts[4:]]))
        if content is None:
            known = any(key.startswith(f"{repository}/") for key in hub.files)
            self._end(404, {"X-Error-Code": "EntryNotFound" if known else "RepoNotFound"})
        elif body and hub.statuses:
            self._end(hub.statuses.pop(0), {"Retry-After": "0"})
        elif hub.cdn and not hub.cdn.endswith(headers["Host"]):
            linked = {"X-Linked-Etag": _etag(content), "X-Linked-Size": str(len(content))}
            self._end(302, {"Location": hub.cdn + self.path, "X-Repo-Commit": _commit(content), **linked})
        else:
            self._send(content, body=body)

    def _end(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(key, value)
        self.end_headers()

    def _send(self, content: bytes, *, body: bool) -> None:
        hub, asked = self.server.hub, self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked and hub.ranges else 0
        if start > len(content):
            self._end(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self.send_response(206 if start else 200)
        self.send_header("ETag", _etag(content))
        self.send_header("X-Repo-Commit", _commit(content))
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return
        rest = bytes(len(content) - start) if hub.corrupt else content[start:]
        if hub.cuts:
            rest, self.close_connection = rest[: hub.cuts.pop(0)], True
        # A client that was killed or cancelled is gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(rest)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def _commit(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:40]


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Serves on a free port of this machine."""
    hub = HubServer()
    server = _Server(hub)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
