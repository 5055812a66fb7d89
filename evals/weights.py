"""Finds a model's file before the model is opened."""

from __future__ import annotations

from dataclasses import dataclass

from models.catalogue import parse
from models.errors import ModelError
from models.progress import OnProgress
from models.store import resolve
from providers.base import ProviderRejected
from providers.names import is_local
from providers.registry import store_options
from settings.schema import Config


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights, or a model that has none here.

    Attributes:
        sha256: The file's hash; None where there is no file.
        file_bytes: Its size.
    """

    sha256: str | None
    file_bytes: int


async def weigh(config: Config, model: str | None, on_progress: OnProgress) -> Weights:
    """Finds a model's file, which is made or fetched if need be; hosted and scripted models have none.

    Raises:
        ProviderRejected: There is no such model, or its file cannot be had.
    """
    name = model or config.model
    if not is_local(name):
        return Weights(None, 0)
    try:
        found = await resolve(parse(name, config.model), store_options(config), on_progress)
    except ModelError as error:
        raise ProviderRejected(str(error)) from error
    return Weights(found.sha256, found.file_bytes)
