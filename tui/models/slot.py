"""The model that answers. Another one is loaded beside it, and takes its place when it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.progress import Progress
from providers.base import ProviderError

if TYPE_CHECKING:
    from providers.info import DescribedProvider
    from tui.services import OpenModel

#: The models that one key goes round, besides the configured local one.
HOSTED = ("turbollm", "hugllm")


class ModelSlot:
    """Holds one model.

    Attributes:
        provider: The model that answers; None before the first is ready.
        name: What it was asked for by.
        asked: What was asked for last, whether it could be loaded or not.
        loading: What the one that is being loaded was asked for by; empty where none is.
        progress: How far its download or conversion is.
        problem: Why the last one could not be loaded; empty where it could.
    """

    def __init__(self, open_model: OpenModel, changed: Callable[[], None]) -> None:
        """Starts empty.

        Args:
            open_model: Opens a model by its name.
            changed: Called after each change.
        """
        self.provider: DescribedProvider | None = None
        self.name = self.asked = ""
        self.loading = ""
        self.progress: Progress | None = None
        self.problem = ""
        self._open = open_model
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._retired: list[DescribedProvider] = []

    def choose(self, name: str) -> None:
        """Begins to load a model, unless it is the one that answers; one that is still being loaded is dropped."""
        if self._task is not None:
            self._task.cancel()
        self.asked = name
        if self.provider is not None and name == self.name:
            self.loading, self.progress, self.problem = "", None, ""
            self._changed()
            return
        self.loading, self.progress, self.problem = name, None, ""
        self._task = asyncio.create_task(self._load(name))
        self._changed()

    async def get(self) -> DescribedProvider:
        """Waits for the model that was chosen last.

        Raises:
            ProviderError: It cannot be loaded, and none was before.
        """
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        if self.provider is None:
            raise ProviderError(self.problem or "no model is loaded; pick one")
        return self.provider

    async def release(self) -> None:
        """Ends models that another one has replaced; to be called while no turn is under way."""
        retired, self._retired = self._retired, []
        for provider in retired:
            await provider.aclose()

    async def aclose(self) -> None:
        """Ends all."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.release()
        if self.provider is not None:
            await self.provider.aclose()

    async def _load(self, name: str) -> None:
        def report(progress: Progress) -> None:
            self.progress = progress
            self._changed()

        try:
            provider = await self._open(name, report)
        except ProviderError as error:
            self.problem = str(error)
        else:
            if self.provider is not None:
                self._retired.append(self.provider)
            self.provider, self.name = provider, name
        self.loading, self.progress = "", None
        self._changed()


def next_model(current: str, local: str) -> str:
    """The model after this one on the way round TestLLM, TurboLLM, HugLLM."""
    ring = (local, *HOSTED)
    return ring[(ring.index(current) + 1) % len(ring)] if current in ring else local
