"""The models that a user names, as offers of a pool."""

from __future__ import annotations

from collections.abc import Iterable

from models.catalogue import parse
from models.display import ProgressDisplay
from models.errors import ModelError, WeightsMissing
from models.store import resolve
from providers.base import ProviderRejected, ProviderUnavailable
from providers.info import DescribedProvider
from providers.registry import HUGLLM, SCRIPTED, TURBOLLM, open_provider, store_options
from providers.serve.pool import Offer
from settings.schema import Config


def local_offers(specs: Iterable[str], config: Config) -> dict[str, Offer]:
    """Offers of models, by the names that requests give; nothing is loaded or fetched yet.

    Raises:
        ProviderRejected: There is no such model.
    """
    return {_name(spec, config): _offer(spec, config) for spec in specs}


def _name(spec: str, config: Config) -> str:
    if spec in (SCRIPTED, TURBOLLM, HUGLLM):
        return spec
    try:
        return parse(spec, config.model).name
    except ModelError as error:
        raise ProviderRejected(str(error)) from error


def _offer(spec: str, config: Config) -> Offer:
    async def open_() -> DescribedProvider:
        with ProgressDisplay() as progress:
            return await open_provider(spec, config, progress)

    async def size() -> int:
        if spec in (SCRIPTED, TURBOLLM, HUGLLM):
            return 0
        try:
            with ProgressDisplay() as progress:
                found = await resolve(parse(spec, config.model), store_options(config), progress)
        except WeightsMissing as error:
            raise ProviderUnavailable(str(error)) from error
        except ModelError as error:
            raise ProviderRejected(str(error)) from error
        return found.file_bytes

    return Offer(open_, size)
