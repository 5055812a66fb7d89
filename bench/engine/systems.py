"""What is measured: this engine, and its peers as servers in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import httpx

from bench.engine.llamacpp_server import SETTINGS
from providers.base import ProviderError
from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Done, Generate, Piece

#: Seconds that a server may take to answer for the first time.
_START_S = 120.0
_REPLY_S = 1200.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One completion to make; `fixed` is the part of the prompt that others share."""

    fixed: str
    rest: str
    max_tokens: int
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one completion took, in seconds; `first_s` is NaN where it was not streamed."""

    first_s: float
    total_s: float
    text: str


class System(Protocol):
    """Something that completes prompts."""

    name: str
    settings: dict[str, Any]

    async def start(self) -> None:
        """Starts it and waits until it answers."""
        ...

    async def ask(self, ask: Ask, *, stream: bool) -> Sample:
        """Makes one completion.

        Raises:
            LostError: None came.
        """
        ...

    def peak_bytes(self) -> int:
        """The most memory that it had in use so far."""
        ...

    async def stop(self) -> None:
        """Ends it."""
        ...


class LostError(Exception):
    """A request was not answered."""


def peak_bytes(pid: int) -> int:
    """The most memory that a process had in use (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class Ours:
    """This engine in its process, spoken with as our interfaces do."""

    def __init__(
        self, model: Path, *, threads: int, slots: int, options: dict[str, Any] | None = None
    ) -> None:
        self.name = "this engine"
        self.settings = {"slots": slots, "threads": threads, **(options or {})}
        self._folder = tempfile.TemporaryDirectory(prefix="smallwatch-bench-")
        chosen = EngineOptions(
            threads=threads, slots=slots, state_dir=Path(self._folder.name), load_timeout_s=600
        )
        self._engine = Engine(model, replace(chosen, **(options or {})), "0" * 64)

    async def start(self) -> None:
        """Starts the process."""
        await self._engine.start()

    async def ask(self, ask: Ask, *, stream: bool) -> Sample:
        """Makes one completion."""
        begun, first, text = time.perf_counter(), math.nan, list[str]()
        request = Generate(0, ask.fixed, ask.rest, ask.max_tokens, ask.stop)
        try:
            async for message in self._engine.generate(request):
                if isinstance(message, Piece):
                    first = time.perf_counter() - begun if math.isnan(first) else first
                    text.append(message.text)
                elif isinstance(message, Done):
                    # A reply without text has its first token all the same.
                    first = message.first_token_s if math.isnan(first) else first
        except ProviderError as error:
            raise LostError(str(error)) from error
        return Sample(first, time.perf_counter() - begun, "".join(text))

    def peak_bytes(self) -> int:
        """The most memory that the process had in use."""
        return peak_bytes(self._engine.pid)

    async def stop(self) -> None:
        """Ends the process; what it kept on the disk stays until `forget`."""
        await self._engine.aclose()

    def forget(self) -> None:
        """Removes the states from the disk."""
        self._folder.cleanup()


class _Server:
    """A peer behind HTTP."""

    name = ""
    path = ""

    def __init__(self, model: Path, *, threads: int, slots: int, context: int = 8192) -> None:
        self._model = model
        self._threads = threads
        self._slots = slots
        self._context = context
        self.settings: dict[str, Any] = {"slots": slots, "threads": threads, "context": context}
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._stack = AsyncExitStack()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _body(self, ask: Ask, *, stream: bool) -> dict[str, Any]:
        raise NotImplementedError

    def _text(self, event: dict[str, Any]) -> str:
        raise NotImplementedError

    async def start(self) -> None:
        """Starts the server and waits until a request of one token is answered."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        null = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *self._command(), stdout=null, stderr=null
        )
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=256)
        self._client = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=_REPLY_S, limits=limits)
        )
        begun = time.monotonic()
        while True:
            try:
                await self.ask(Ask("", "a", 1, ()), stream=False)
                return
            except (httpx.HTTPError, LostError):
                if time.monotonic() - begun > _START_S or self._process.returncode is not None:
                    raise
                await asyncio.sleep(0.02)

    async def ask(self, ask: Ask, *, stream: bool) -> Sample:
        """Makes one completion; once more where the server closed the connection before it read anything."""
        try:
            return await self._ask(ask, stream=stream)
        except httpx.RemoteProtocolError:
            try:
                return await self._ask(ask, stream=stream)
            except httpx.HTTPError as error:
                raise LostError(repr(error)) from error

    async def _ask(self, ask: Ask, *, stream: bool) -> Sample:
        begun = time.perf_counter()
        body = self._body(ask, stream=stream)
        if not stream:
            reply = await self._client.post(self.path, json=body)
            if reply.status_code != httpx.codes.OK:
                raise LostError(reply.text)
            return Sample(math.nan, time.perf_counter() - begun, self._text(reply.json()))
        first, text = math.nan, list[str]()
        async for event in self._events(body):
            first = time.perf_counter() - begun if math.isnan(first) else first
            text.append(self._text(event))
        total = time.perf_counter() - begun
        return Sample(total if math.isnan(first) else first, total, "".join(text))

    async def _events(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with self._client.stream("POST", self.path, json=body) as reply:
            if reply.status_code != httpx.codes.OK:
                raise LostError((await reply.aread()).decode("utf-8", "replace"))
            async for line in reply.aiter_lines():
                data = line.removeprefix("data:").strip()
                if line.startswith("data:") and data != "[DONE]":
                    yield json.loads(data)

    def peak_bytes(self) -> int:
        """The most memory that the server had in use."""
        return peak_bytes(self._process.pid) if self._process is not None else 0

    async def stop(self) -> None:
        """Ends the server."""
        await self._stack.aclose()
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class LlamaCppServer(_Server):
    """llama.cpp's server (xllamacpp), greedy, by its own `/completion`."""

    name = "llama.cpp server"
    path = "/completion"

    def __init__(self, model: Path, *, threads: int, slots: int, context: int = 8192) -> None:
        super().__init__(model, threads=threads, slots=slots, context=context)
        self.settings.update(SETTINGS)

    def _command(self) -> list[str]:
        numbers = [self._port, self._slots, self._threads, self._context]
        return ["bench.engine.llamacpp_server", str(self._model), *map(str, numbers)]

    def _body(self, ask: Ask, *, stream: bool) -> dict[str, Any]:
        return {
            "prompt": ask.fixed + ask.rest, "n_predict": ask.max_tokens, "stop": list(ask.stop), "temperature": 0,
            "cache_prompt": True, "stream": stream,
        }  # fmt: skip

    def _text(self, event: dict[str, Any]) -> str:
        return event.get("content", "")


class LlamaCppPythonServer(_Server):
    """`llama_cpp.server` of llama-cpp-python; it has one sequence, and keeps prompts in its RAM cache."""

    name = "llama_cpp.server"
    path = "/v1/completions"

    def __init__(self, model: Path, *, threads: int, slots: int = 1, context: int = 8192) -> None:
        super().__init__(model, threads=threads, slots=1, context=context)
        self.settings |= {"cache": True, "cache_size": 2 * 2**30, "n_batch": 1024}

    def _command(self) -> list[str]:
        options = {
            "model": self._model, "port": self._port, "n_threads": self._threads, "n_threads_batch": self._threads,
            "n_ctx": self._context, "n_batch": 1024, "n_ubatch": 1024, "cache": "true", "cache_size": 2 * 2**30,
            "interrupt_requests": "false", "verbose": "false",
        }  # fmt: skip
        return [
            "llama_cpp.server",
            *(word for name, value in options.items() for word in (f"--{name}", str(value))),
        ]

    def _body(self, ask: Ask, *, stream: bool) -> dict[str, Any]:
        # It refuses an empty string and a NUL among the stops; the model's end of text is that NUL.
        stops = [stop for stop in ask.stop if stop.strip("\0")]
        return {
            "prompt": ask.fixed + ask.rest, "max_tokens": ask.max_tokens, "stop": stops, "temperature": 0,
            "stream": stream,
        }  # fmt: skip

    def _text(self, event: dict[str, Any]) -> str:
        choices = event.get("choices") or [{}]
        return choices[0].get("text", "")


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
