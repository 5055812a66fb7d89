"""The models that people choose from: opened when first used, shared by all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from providers.base import ProviderError, ProviderUnavailable
from providers.info import DescribedProvider
from settings.schema import Config
from settings.web import WebModelSettings
from web.ledger.price import PriceError, Tariff

_log = logging.getLogger(__name__)

ModelName = Literal["turbollm", "hugllm", "testllm", "scripted"]
NAMES: tuple[ModelName, ...] = ("turbollm", "hugllm", "testllm", "scripted")
LABELS: Mapping[ModelName, str] = {
    "turbollm": "TurboLLM",
    "hugllm": "HugLLM",
    "testllm": "TestLLM",
    "scripted": "Script",
}
_LOCAL = ("testllm", "scripted")
#: Seconds after which a model that could not be opened is tried again.
_AGAIN_S = 30.0

Opener = Callable[[str], Awaitable[DescribedProvider]]


class Models:
    """The models on offer.

    Attributes:
        offered: Their settings, in the order of the button.
    """

    def __init__(self, settings: Mapping[ModelName, WebModelSettings], opener: Opener) -> None:
        """Takes the models and what opens one by its name.

        Raises:
            PriceError: A model that costs its operator money is free.
        """
        self.offered: dict[ModelName, WebModelSettings] = {
            name: found for name, found in settings.items() if found.offered
        }
        for name, found in self.offered.items():
            if found.factor == 0 and name not in _LOCAL:
                raise PriceError(f"web.models.{name}.factor is 0: only local models may be free")
        self._opener = opener
        self._open: dict[str, DescribedProvider] = {}
        self._locks = {name: asyncio.Lock() for name in self.offered}
        self._failed: dict[str, tuple[float, str]] = {}

    def tariff(self, name: ModelName) -> Tariff:
        """What a model's tokens cost."""
        return Tariff(self.offered[name].factor)

    def slots(self, name: str) -> int:
        """Runs that a model works on at a time; 0: it has no queue."""
        return next((found.slots for known, found in self.offered.items() if known == name), 0)

    def problem(self, name: str) -> str | None:
        """Why a model cannot be used now, as far as that is known."""
        found = self._failed.get(name)
        return found[1] if found else None

    def info(self, name: str) -> str | None:
        """The exact name of the model behind a name, once it is open."""
        found = self._open.get(name)
        return found.info.name if found else None

    def others(self, name: str) -> list[str]:
        """The other models that may be used now."""
        return [other for other in self.offered if other != name and not self.problem(other)]

    async def get(self, name: ModelName) -> DescribedProvider:
        """Opens a model, or returns it where it is open.

        Raises:
            ProviderError: It cannot be used now.
        """
        async with self._locks[name]:
            if name in self._open:
                return self._open[name]
            now = asyncio.get_running_loop().time()
            until, reason = self._failed.get(name, (0.0, ""))
            if now < until:
                raise ProviderUnavailable(reason)
            try:
                self._open[name] = await self._opener(name)
            except ProviderError as error:
                _log.warning("%s cannot be used: %s", LABELS[name], error)
                self._failed[name] = (now + _AGAIN_S, str(error))
                raise
            self._failed.pop(name, None)
            return self._open[name]

    async def warm(self) -> None:
        """Opens all models, so that nobody waits for that and the button shows what works."""
        for name in self.offered:
            try:
                await self.get(name)
            except ProviderError:
                continue

    async def aclose(self) -> None:
        """Closes the models."""
        for provider in self._open.values():
            await provider.aclose()
        self._open.clear()


def configured_models(config: Config) -> Models:
    """The models of the settings; TestLLM is a server's, where the settings name one.

    Raises:
        PriceError: A model that costs its operator money is free.
    """
    from providers.registry import open_provider

    async def opener(name: str) -> DescribedProvider:
        if name != "testllm":
            return await open_provider(name, config)
        if not config.web.testllm_url:
            return await open_provider(None, config)
        from providers.turbollm import TurboLLM

        return TurboLLM(api_key=None, model=config.model, base_url=config.web.testllm_url)

    models = config.web.models
    return Models({name: getattr(models, name) for name in NAMES}, opener)
