"""What may befall local models and scripts, and how it ends; real processes, real signals."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from providers.base import (
    Message,
    Provider,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Reply,
    Settings,
    Text,
    ToolSpec,
    collect,
)
from providers.dialects.registry import dialect
from providers.engine.client import Engine, EngineOptions
from providers.engine.process import EngineProcess
from providers.engine.protocol import Ready, write
from providers.info import ModelInfo
from providers.scripted import ScriptedProvider, ScriptedReply
from providers.testllm import TestLLM

SHIPPED = Path(__file__).parents[2] / "models" / "netmon-7m-bf16.gguf"
ASK = (Message("user", "Ping gw1.lan"),)
#: A reply that goes on until it is stopped: a grammar holds it, which `local` gives to the model.
ENDLESS = Settings(max_tokens=1_000_000, constrained="schema")
_ENDLESS_GRAMMAR = "start: /[a-z]{1000000}/"

#: Brings a fault about, with so many seconds for a request; returns how the request ended.
Bring = Callable[[float], Awaitable[Reply | ProviderError]]


@dataclass(frozen=True)
class LocalFault:
    """A fault that needs no server."""

    name: str
    bring: Bring
    kind: type


async def outcome(
    provider: Provider, settings: Settings, messages: tuple[Message, ...] = ASK
) -> Reply | ProviderError:
    try:
        return await collect(provider.stream(messages, (), settings))
    except ProviderError as error:
        return error


def _endless_grammar(
    tools: Sequence[ToolSpec],
    messages: Sequence[Message],
    *,
    copy: bool,
    names: Mapping[str, str] | None = None,
) -> str:
    return _ENDLESS_GRAMMAR


@asynccontextmanager
async def local(path: Path = SHIPPED, **options: Any) -> AsyncGenerator[TestLLM]:
    """The shipped model, or another file, in a process of its own."""
    engine = Engine(path, replace(EngineOptions(threads=1, slots=1, context=512), **options))
    model = TestLLM(engine, dialect("netmon"), ModelInfo("test"), _endless_grammar)
    async with aclosing(model) as provider:
        yield provider


def shot(provider: TestLLM, number: signal.Signals) -> None:
    os.kill(provider.engine.pid, number)


def struck(number: signal.Signals) -> Bring:
    """A signal to the model's process in the middle of a reply."""

    async def bring(deadline_s: float) -> Reply | ProviderError:
        async with local() as provider:
            await provider.engine.start()
            async with aclosing(_endless(provider, deadline_s)) as stream:
                await anext(stream)
                shot(provider, number)
                try:
                    async for _ in stream:
                        pass
                except ProviderError as error:
                    return error
        raise AssertionError("a dead process answered")

    return bring


async def _endless(provider: Provider, deadline_s: float) -> AsyncGenerator[object]:
    async for chunk in provider.stream(ASK, (), replace(ENDLESS, deadline_s=deadline_s)):
        yield chunk


async def stuck_from_the_start(deadline_s: float) -> Reply | ProviderError:
    async with local() as provider:
        await provider.engine.start()
        shot(provider, signal.SIGSTOP)
        return await outcome(provider, Settings(deadline_s=deadline_s))


async def after_a_death(deadline_s: float) -> Reply | ProviderError:
    async with local() as provider:
        await provider.engine.start()
        shot(provider, signal.SIGKILL)
        return await outcome(provider, Settings(deadline_s=max(10.0, deadline_s)))


async def after_a_cancel(deadline_s: float) -> Reply | ProviderError:
    async with local() as provider:
        await provider.engine.start()
        stream = _endless(provider, deadline_s)
        await anext(stream)
        await stream.aclose()
        return await outcome(provider, Settings(deadline_s=max(10.0, deadline_s)))


async def past_the_deadline(deadline_s: float) -> Reply | ProviderError:
    async with local() as provider:
        await provider.engine.start()
        return await outcome(provider, replace(ENDLESS, deadline_s=0.2))


async def too_many(deadline_s: float) -> Reply | ProviderError:
    async with local(queue=1) as provider:
        await provider.engine.start()
        # It runs until the others are through, however slow the machine is.
        async with aclosing(_endless(provider, 60.0)) as running:
            await anext(running)
            waiting = asyncio.create_task(outcome(provider, Settings(deadline_s=deadline_s)))
            await asyncio.sleep(0.1)
            refused = await outcome(provider, Settings(deadline_s=deadline_s))
            waiting.cancel()
            return refused


def file_of(content: bytes | None) -> Bring:
    """A file in place of a model; None for none."""

    async def bring(deadline_s: float) -> Reply | ProviderError:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            if content is not None:
                path.write_bytes(content)
            async with local(path) as provider:
                return await outcome(provider, Settings(deadline_s=deadline_s))

    return bring


_READY = write(Ready("rwkv7", None, "netmon", 1, 1, False, 512)).decode().strip()


def worker(*lines: str, loaded: bool = True) -> Bring:
    """A process that says these lines in place of an answer, and then ends or waits."""
    code = "import sys, time\nsys.stdin.readline()\n"
    code += f"print({_READY!r}, flush=True)\nsys.stdin.readline()\n" if loaded else ""
    code += "".join(f"sys.stdout.write({line!r})\nsys.stdout.flush()\n" for line in lines)
    code += "time.sleep(0 if not sys.argv[1:] else 60)\n"

    async def spawn(name: str) -> EngineProcess:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, *(("wait",) if lines else ()), stdin=pipe, stdout=pipe, stderr=pipe
        )
        return EngineProcess(name, process)

    async def bring(deadline_s: float) -> Reply | ProviderError:
        with patch.object(EngineProcess, "spawn", spawn):
            async with local() as provider:
                return await outcome(provider, Settings(deadline_s=deadline_s))

    return bring


def script(reply: ScriptedReply, **settings: Any) -> Bring:
    """A script that answers so."""

    async def bring(deadline_s: float) -> Reply | ProviderError:
        return await outcome(ScriptedProvider([reply]), Settings(deadline_s=deadline_s, **settings))

    return bring


async def played_out(deadline_s: float) -> Reply | ProviderError:
    return await outcome(ScriptedProvider([]), Settings(deadline_s=deadline_s))


async def scripted_cancel(deadline_s: float) -> Reply | ProviderError:
    again = ScriptedProvider(
        [ScriptedReply(text="slow " * 99, piece_delay_s=0.05), ScriptedReply(text="yes")]
    )
    async with aclosing(again.stream(ASK, (), Settings(deadline_s=deadline_s))) as stream:
        assert isinstance(await anext(stream), Text)
    return await outcome(again, Settings(deadline_s=deadline_s))


_ERRORS: tuple[type[ProviderError], ...] = (
    ProviderTimeout,
    ProviderUnavailable,
    ProviderOverloaded,
    ProviderIncomplete,
    ProviderRejected,
)

#: What the model's process does, or has done to it.
TESTLLM: tuple[LocalFault, ...] = (
    LocalFault("its process killed midway", struck(signal.SIGKILL), ProviderUnavailable),
    LocalFault("its process crashes midway", struck(signal.SIGSEGV), ProviderUnavailable),
    LocalFault("its process killed before the request", after_a_death, Reply),
    LocalFault("its process hangs midway", struck(signal.SIGSTOP), ProviderTimeout),
    LocalFault("its process hangs from the start", stuck_from_the_start, ProviderTimeout),
    LocalFault("its process says what is no JSON", worker("no JSON\n"), ProviderUnavailable),
    LocalFault("its process hangs after half a line", worker('{"op": "pie'), ProviderTimeout),
    LocalFault(
        "its process says what nobody knows", worker('{"op": "dance", "id": 1}\n'), ProviderUnavailable
    ),
    LocalFault("its process says a field too few", worker('{"op": "piece"}\n'), ProviderUnavailable),
    LocalFault("its process ends without an answer", worker(), ProviderUnavailable),
    LocalFault("its process ends while loading", worker(loaded=False), ProviderUnavailable),
    LocalFault(
        "its process loads and says what is no JSON", worker("no\n", loaded=False), ProviderUnavailable
    ),
    LocalFault("no such file", file_of(None), ProviderRejected),
    LocalFault("a file that is no model", file_of(b"hello"), ProviderRejected),
    LocalFault("a model cut short", file_of(SHIPPED.read_bytes()[:200_000]), ProviderRejected),
    LocalFault("deadline of 0.2 s", past_the_deadline, ProviderTimeout),
    LocalFault("cancelled, then asked again", after_a_cancel, Reply),
    LocalFault("its queue is full", too_many, ProviderOverloaded),
)

#: What a script may say.
SCRIPTED: tuple[LocalFault, ...] = (
    *(
        LocalFault(f"{e.__name__} by script", script(ScriptedReply("", "So", error=e("so"))), e)
        for e in _ERRORS
    ),
    LocalFault("slower than the deadline", script(ScriptedReply(text="late", delay_s=60)), ProviderTimeout),
    LocalFault("slow drip", script(ScriptedReply(text="late " * 99, piece_delay_s=0.05)), ProviderTimeout),
    LocalFault("limit of tokens", script(ScriptedReply(text="long " * 99), max_tokens=3), Reply),
    LocalFault("played to its end", played_out, ProviderRejected),
    LocalFault("cancelled, then asked again", scripted_cancel, Reply),
)
