"""What a run and its workers say to each other."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import providers.base
from providers.base import Message, ProviderError, Reply, Settings, ToolSpec, collect
from providers.info import DescribedProvider, ModelInfo
from settings.schema import Config

REGISTRY = "providers.registry:open_provider"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a worker gets its model.

    Attributes:
        model: The model's name; None is the configured one.
        settings: The configuration, as plain data.
        opener: Where the function is that makes a provider of the two, as `module:name`.
    """

    model: str | None
    settings: Mapping[str, Any]
    opener: str = REGISTRY

    def with_threads(self, threads: int) -> Opening:
        """The same, but that a local model decodes with at most so many threads."""
        local = self.settings["testllm"]
        fewer = {**local, "threads": max(1, min(threads, local["threads"]))}
        return replace(self, settings={**self.settings, "testllm": fewer})


@dataclass(frozen=True, slots=True)
class Opened:
    """A worker is ready: its provider's name, its model, and the hash of its code."""

    provider: str
    info: ModelInfo
    code: str


@dataclass(frozen=True, slots=True)
class Request:
    """One reply that is asked for."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider's error: the name of its class in `providers.base`, and what it says."""

    kind: str
    text: str

    @classmethod
    def of(cls, error: ProviderError) -> Failure:
        """What an error is."""
        known = next(kind for kind in type(error).__mro__ if kind.__module__ == providers.base.__name__)
        return cls(known.__name__, str(error))

    def error(self) -> ProviderError:
        """The error again."""
        kind: type[ProviderError] = getattr(providers.base, self.kind)
        return kind(self.text)


Answer = Reply | Failure


async def open_model(opening: Opening) -> DescribedProvider:
    """Makes the provider of a worker.

    Raises:
        ProviderError: There is no such model, or it cannot be loaded.
    """
    module, _, name = opening.opener.partition(":")
    opener: Callable[[str | None, Config], Awaitable[DescribedProvider]]
    opener = getattr(importlib.import_module(module), name)
    return await opener(opening.model, Config(**opening.settings))


async def answer(provider: DescribedProvider, request: Request) -> Answer:
    """Makes one reply; a provider's error is an answer too."""
    try:
        return await collect(provider.stream(request.messages, request.tools, request.settings))
    except ProviderError as error:
        return Failure.of(error)


def request_of(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Request:
    """A request as it is sent."""
    return Request(tuple(messages), tuple(tools), settings)
