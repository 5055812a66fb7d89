"""The model that visitors' browsers may run themselves: its file, found or made when it is first asked for."""

from __future__ import annotations

from models.catalogue import parse
from models.errors import ModelError
from models.family import OWN_DIALECT
from models.store import ResolvedModel, resolve
from providers.registry import store_options
from settings.schema import Config


class NotForBrowsers(Exception):
    """No model is offered to browsers; says why."""


async def browser_model(config: Config) -> ResolvedModel:
    """Finds the file of `web.browser_model`; later calls only look whether it is still there.

    Raises:
        NotForBrowsers: None is offered, its weights are missing, or browsers do not speak its dialect.
    """
    name = config.web.browser_model
    if not name:
        raise NotForBrowsers("web.browser_model names none")
    try:
        found = await resolve(parse(name, config.model), store_options(config))
    except ModelError as error:
        raise NotForBrowsers(str(error)) from error
    if found.dialect != OWN_DIALECT:
        raise NotForBrowsers(f"{found.name} speaks {found.dialect}; browsers speak {OWN_DIALECT}")
    return found
