"""Which reply may stand for which: the key of a request, and a provider that looks there first.

One harness left the model out of its key and gave a second model the first one's answers. So a key is made of
whole values, whatever fields they have or get, never of a choice of them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from evals.response_cache import Kept, ResponseCache
from evals.whole_reply import chunks_of
from providers.base import (
    Chunk,
    Message,
    Provider,
    Settings,
    ToolSpec,
    collect,
)
from providers.info import ModelInfo


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a reply depends on.

    Attributes:
        provider: The kind of provider.
        model: Its model: name, weights hash, dialect, prompt hash, server and whatever else is known.
        code: Hash of the code that asks, reads and scores.
        packages: Versions of the packages that make the reply.
        case: The case's id.
        repeat: Which repeat of it.
        step: Which request of the case, from 0.
        messages: The conversation.
        tools: The tools on offer, as the model sees them.
        settings: How the reply is made, the seed and the time it is told included.
    """

    provider: str
    model: ModelInfo
    code: str
    packages: Mapping[str, str]
    case: str
    repeat: int
    step: int
    messages: Sequence[Message]
    tools: Sequence[ToolSpec]
    settings: Settings

    def key(self) -> bytes:
        """SHA-256 of it all."""
        return hashlib.sha256(json.dumps(self, default=_fields, sort_keys=True).encode()).digest()


def can_be_cached(model: ModelInfo) -> bool:
    """Whether a model is known well enough to tell it from any other: by its weights, or by its server."""
    return model.weights_sha256 is not None or model.server is not None


class RunCache:
    """The cache as one run uses it.

    Attributes:
        model: The model that is asked.
    """

    def __init__(
        self, cache: ResponseCache, model: ModelInfo, code: str, packages: Mapping[str, str]
    ) -> None:
        """Uses `cache` for a model asked by this code with these packages."""
        self._cache = cache
        self.model = model
        self._code = code
        self._packages = packages

    def view(self, provider: Provider, case: str, repeat: int) -> CachedCase:
        """A provider for one repeat of a case."""
        return CachedCase(self, provider, case, repeat)

    def asked(
        self,
        provider: Provider,
        place: tuple[str, int, int],
        request: tuple[Sequence[Message], Sequence[ToolSpec], Settings],
    ) -> Asked:
        """What a request is, with its place: case, repeat and step."""
        return Asked(provider.name, self.model, self._code, self._packages, *place, *request)

    def get(self, key: bytes) -> Kept | None:
        """What is kept."""
        return self._cache.get(key)

    def put(self, key: bytes, kept: Kept) -> None:
        """Keeps a reply."""
        self._cache.put(key, kept)


class CachedCase:
    """A provider for one repeat of one case, which asks the real one only for what is not kept.

    Attributes:
        name: The real provider's.
        info: The model behind it.
        started: When the first kept reply was asked for, in seconds since 1970.
        seconds: How long the kept replies took then.
    """

    def __init__(self, cache: RunCache, provider: Provider, case: str, repeat: int) -> None:
        """Stands before `provider`."""
        self.name = provider.name
        self.info = cache.model
        self.started = 0.0
        self.seconds = 0.0
        self._cache = cache
        self._provider = provider
        self._case = case
        self._repeat = repeat
        self._step = 0
        self._misses = 0

    @property
    def hit(self) -> bool:
        """Whether all that was asked was kept."""
        return self._step > 0 and not self._misses

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        """Makes or repeats a reply, whole; one that fails or breaks off is not kept."""
        asked = self._cache.asked(
            self._provider, (self._case, self._repeat, self._step), (messages, tools, settings)
        )
        self._step += 1
        key = asked.key()
        kept = self._cache.get(key)
        if kept is None:
            self._misses += 1
            started, clock = time.time(), time.perf_counter()
            reply = await collect(self._provider.stream(messages, tools, settings))
            kept = Kept(reply, started, time.perf_counter() - clock)
            if reply.finish.reason != "cancelled":
                self._cache.put(key, kept)
        else:
            self.started = self.started or kept.started
            self.seconds += kept.seconds
        for chunk in chunks_of(kept.reply):
            yield chunk

    async def aclose(self) -> None:
        """Does nothing: the real provider is someone else's to close."""


def _fields(value: Any) -> Any:
    """What JSON has no form for: a dataclass as its fields, by name, and a time as text."""
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a key cannot hold {type(value).__name__}")
