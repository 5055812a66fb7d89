"""What is measured, and this engine as one of it; `bench.engine.servers` has the others."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from providers.base import ProviderError
from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Done, Generate, Piece


@dataclass(frozen=True, slots=True)
class Ask:
    """One completion to make.

    Attributes:
        fixed: The part of the prompt that others share.
        rest: The part that follows.
        max_tokens: Tokens of the completion at most.
        stop: Strings that end it.
        chat: The same as a request of the OpenAI chat API, where it can be asked so.
    """

    fixed: str
    rest: str
    max_tokens: int
    stop: tuple[str, ...]
    chat: dict[str, Any] = field(default_factory=dict[str, Any], compare=False)


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

    def __init__(self, model: Path, *, threads: int, slots: int) -> None:
        """Starts nothing."""
        ...

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

    def forget(self) -> None:
        """Removes what it kept on the disk."""
        ...


@asynccontextmanager
async def running(system: System) -> AsyncGenerator[System, None]:
    """Starts a system, ends it, and removes what it kept."""
    try:
        await system.start()
        yield system
    finally:
        await system.stop()
        system.forget()


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


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
