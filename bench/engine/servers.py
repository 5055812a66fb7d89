"""What is measured behind HTTP, each in a process of its own: the peers, and this engine as well."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.engine.llamacpp_server import SETTINGS
from bench.engine.systems import Ask, LostError, Sample, peak_bytes

#: Seconds that a server may take to answer for the first time.
_START_S = 120.0
_REPLY_S = 1200.0
#: Bytes of prompts' states that llama_cpp.server may keep.
_CACHE = 4 * 2**30


class _Server:
    """A peer behind HTTP."""

    name = ""
    path = ""

    def __init__(
        self, model: Path, *, threads: int, slots: int, context: int = 8192, batch: int = 2048
    ) -> None:
        self._model = model
        self._threads = threads
        self._slots = slots
        self._context = context
        self._batch = batch
        self.settings: dict[str, Any] = {
            "slots": slots, "threads": threads, "context": context, "batch": batch,
        }  # fmt: skip
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._stack = AsyncExitStack()

    def _command(self) -> list[str]:
        """What follows `python`."""
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return {}

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
            sys.executable,
            *self._command(),
            stdout=null,
            stderr=null,
            env={**os.environ, **self._environment()},
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
                self._end(process)
            await process.wait()

    def _end(self, process: asyncio.subprocess.Process) -> None:
        process.kill()

    def forget(self) -> None:
        """Nothing: it keeps nothing on the disk."""


class OursServed(_Server):
    """This engine behind HTTP, as `smallwatch engine serve`: for whoever wants to compare servers with servers."""

    name = "this engine over HTTP"
    path = "/v1/chat/completions"

    def __init__(
        self, model: Path, *, threads: int, slots: int, context: int = 8192, batch: int = 1024
    ) -> None:
        super().__init__(model, threads=threads, slots=slots, context=context, batch=batch)
        self._folder = tempfile.TemporaryDirectory(prefix="smallwatch-bench-")

    def _command(self) -> list[str]:
        start = "from smallwatch.cli import main; main()"
        return ["-c", start, "engine", "serve", "--model", str(self._model), "--port", str(self._port)]

    def _environment(self) -> dict[str, str]:
        return {
            "SMALLWATCH_CACHE": self._folder.name,
            "SMALLWATCH_TESTLLM__THREADS": str(self._threads),
            "SMALLWATCH_TESTLLM__SLOTS": str(self._slots),
        }

    def _body(self, ask: Ask, *, stream: bool) -> dict[str, Any]:
        plain = {"messages": [{"role": "user", "content": ask.rest}], "max_tokens": ask.max_tokens}
        return {**(ask.chat or plain), "model": str(self._model), "constrained": "none", "stream": stream}

    def _text(self, event: dict[str, Any]) -> str:
        return json.dumps((event.get("choices") or [{}])[0])

    def peak_bytes(self) -> int:
        """The most memory that the server and its model's process had in use."""
        if self._process is None:
            return 0
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        return sum(peak_bytes(each) for each in (pid, *map(int, children)))

    def _end(self, process: asyncio.subprocess.Process) -> None:
        # It has a process of its own to end.
        process.send_signal(signal.SIGINT)

    def forget(self) -> None:
        """Removes the states from the disk."""
        self._folder.cleanup()


class LlamaCppServer(_Server):
    """llama.cpp's server (xllamacpp), greedy, by its own `/completion`."""

    name = "llama.cpp server"
    path = "/completion"

    def __init__(
        self, model: Path, *, threads: int, slots: int, context: int = 8192, batch: int = 2048
    ) -> None:
        super().__init__(model, threads=threads, slots=slots, context=context, batch=batch)
        self.settings.update(SETTINGS)

    def _command(self) -> list[str]:
        numbers = [self._port, self._slots, self._threads, self._context, self._batch]
        return ["-m", "bench.engine.llamacpp_server", str(self._model), *map(str, numbers)]

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

    def __init__(
        self, model: Path, *, threads: int, slots: int = 1, context: int = 8192, batch: int = 2048
    ) -> None:
        super().__init__(model, threads=threads, slots=1, context=context, batch=batch)
        self.settings |= {"cache": True, "cache_size": _CACHE}

    def _command(self) -> list[str]:
        options = {
            "model": self._model, "port": self._port, "n_threads": self._threads, "n_threads_batch": self._threads,
            "n_ctx": self._context, "n_batch": self._batch, "n_ubatch": self._batch, "interrupt_requests": "false",
            "cache": "true", "cache_size": _CACHE, "verbose": "false",
        }  # fmt: skip
        return [
            "-m",
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
