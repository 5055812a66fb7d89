"""The models that a server offers: loaded when first asked for, unloaded when idle, within one budget of memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from providers.base import ProviderOverloaded
from providers.engine.metrics import EngineMetrics
from providers.info import DescribedProvider
from providers.testllm import TestLLM

log = logging.getLogger(__name__)

#: What a process takes besides its file: Python, libraries, states.
_BASE_BYTES = 160 * 2**20
_CHECK_S = 30.0


class Models(Protocol):
    """Models by the names that requests give."""

    def names(self) -> Sequence[str]:
        """All names, the default one first."""
        ...

    def lease(self, name: str) -> AbstractAsyncContextManager[DescribedProvider]:
        """Loads a model, if need be, and keeps it loaded until the context ends.

        Raises:
            ProviderError: It cannot be loaded, or there is no memory for it now.
        """
        ...

    def metrics(self) -> Mapping[str, tuple[EngineMetrics, bool, int]]:
        """Of each local model that was loaded: what it did, whether it is loaded, and its process's memory."""
        ...


class FixedModels:
    """Models that are there as long as the server is."""

    def __init__(self, providers: Mapping[str, DescribedProvider]) -> None:
        self._providers = providers

    def names(self) -> Sequence[str]:
        """All names."""
        return tuple(self._providers)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncGenerator[DescribedProvider, None]:
        """Gives the model."""
        yield self._providers[name]

    def metrics(self) -> Mapping[str, tuple[EngineMetrics, bool, int]]:
        """What the local ones among them did."""
        return {name: _measured(p) for name, p in self._providers.items() if isinstance(p, TestLLM)}


@dataclass(frozen=True, slots=True)
class Offer:
    """A model on offer.

    Attributes:
        open: Loads it.
        size: Finds out the bytes of its file, fetching or making it if need be; 0 for models that are elsewhere.
    """

    open: Callable[[], Awaitable[DescribedProvider]]
    size: Callable[[], Awaitable[int]]


@dataclass(slots=True)
class _Entry:
    offer: Offer
    provider: DescribedProvider | None = None
    metrics: EngineMetrics | None = None
    leases: int = 0
    used: float = 0.0
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class ModelPool:
    """Loads and unloads models as they are asked for; use as an async context manager."""

    def __init__(self, offers: Mapping[str, Offer], *, memory_bytes: int, idle_s: float) -> None:
        """Loads nothing.

        Args:
            offers: The models, by name.
            memory_bytes: Memory that all loaded models may take together.
            idle_s: Seconds without a request after which a model is unloaded.
        """
        self._entries = {name: _Entry(offer) for name, offer in offers.items()}
        self._memory_bytes = memory_bytes
        self._idle_s = idle_s
        self._loading = asyncio.Lock()
        self._sweeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ModelPool:
        """Begins to look for idle models."""
        self._sweeper = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Unloads all."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for entry in self._entries.values():
            await self._unload(entry)

    def names(self) -> Sequence[str]:
        """All names."""
        return tuple(self._entries)

    def loaded(self) -> Sequence[str]:
        """The names of those that are loaded."""
        return tuple(name for name, entry in self._entries.items() if entry.provider is not None)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncGenerator[DescribedProvider, None]:
        """Loads the model, if need be; it is not unloaded while the context is open."""
        entry = self._entries[name]
        entry.leases += 1
        try:
            yield await self._loaded(name, entry)
        finally:
            entry.leases -= 1
            entry.used = time.monotonic()

    async def _loaded(self, name: str, entry: _Entry) -> DescribedProvider:
        if entry.provider is not None:
            return entry.provider
        async with self._loading:
            if entry.provider is None:
                await self._make_room(name, await entry.offer.size())
                provider = entry.provider = await entry.offer.open()
                if isinstance(provider, TestLLM):
                    entry.metrics = provider.metrics
                log.info("loaded %s", name)
            return entry.provider

    async def _make_room(self, name: str, size: int) -> None:
        """Unloads what was idle for longest until the new model fits."""
        if not size:
            return
        idle = sorted(
            (e for e in self._entries.values() if e.provider is not None and not e.leases),
            key=lambda each: each.used,
        )
        for entry in idle:
            if self._resident() + size + _BASE_BYTES <= self._memory_bytes:
                return
            await self._unload(entry)
        if self._resident() + size + _BASE_BYTES > self._memory_bytes and self._resident():
            raise ProviderOverloaded(
                f"there is no memory for {name} while {', '.join(self.loaded())} "
                "are at work; try again when they are idle, or raise serve.memory_mib"
            )

    def _resident(self) -> int:
        found = (entry.provider for entry in self._entries.values())
        return sum(each.engine.resident_bytes for each in found if isinstance(each, TestLLM))

    async def _unload(self, entry: _Entry) -> None:
        async with entry.changing:
            provider, entry.provider = entry.provider, None
            if provider is not None:
                await provider.aclose()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(self._idle_s / 4, _CHECK_S))
            for name, entry in self._entries.items():
                idle = time.monotonic() - entry.used
                if entry.provider is not None and not entry.leases and idle > self._idle_s:
                    with contextlib.suppress(OSError):
                        await self._unload(entry)
                    log.info("unloaded %s after %.0f s without a request", name, idle)

    def metrics(self) -> Mapping[str, tuple[EngineMetrics, bool, int]]:
        """What the local models did, those that are unloaded now too."""
        found: dict[str, tuple[EngineMetrics, bool, int]] = {}
        for name, entry in self._entries.items():
            if isinstance(entry.provider, TestLLM):
                found[name] = _measured(entry.provider)
            elif entry.metrics is not None:
                found[name] = (entry.metrics, False, 0)
        return found


def _measured(provider: TestLLM) -> tuple[EngineMetrics, bool, int]:
    return provider.metrics, provider.engine.running, provider.engine.resident_bytes
