"""Commands about the replies that are kept between runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.commands.refusal import Refused
from evals.options import json_option

if TYPE_CHECKING:
    from evals.response_cache import ResponseCache
    from settings.schema import Config

_MIB = 2**20


def cache_path(config: Config) -> Path:
    """Where replies are kept, by the settings."""
    from evals.response_cache import FILE
    from providers.registry import store_options

    return store_options(config).cache / FILE


def open_cache(config: Config) -> ResponseCache:
    """Opens the kept replies, by the settings.

    Raises:
        CacheError: They cannot be opened.
    """
    from evals.response_cache import ResponseCache

    return ResponseCache(cache_path(config), config.evals.cache_mib * _MIB)


@click.group()
def cache() -> None:
    """Look at the replies that are kept between runs, or remove them."""


@cache.command()
@json_option
def info(as_json: bool) -> None:
    """Say how many replies are kept, and what they take."""
    from evals.response_cache import CacheError
    from settings.load import ConfigError, load_config

    try:
        with open_cache(load_config()) as kept:
            found = kept.info()
    except (CacheError, ConfigError) as error:
        raise Refused(str(error)) from error
    if as_json:
        said = {"path": str(found.path), "replies": found.replies, "bytes": found.bytes, "bound": found.bound}
        click.echo(json.dumps(said))
    else:
        click.echo(
            f"{found.replies} replies, {found.bytes / _MIB:.1f} of {found.bound / _MIB:.0f} MiB, in {found.path}"
        )


@cache.command()
@json_option
def clear(as_json: bool) -> None:
    """Remove all kept replies."""
    from evals.response_cache import CacheError
    from evals.response_cache import clear as clear_cache
    from settings.load import ConfigError, load_config

    try:
        path = cache_path(load_config())
        freed = clear_cache(path)
    except (CacheError, ConfigError) as error:
        raise Refused(str(error)) from error
    if as_json:
        click.echo(json.dumps({"path": str(path), "bytes": freed}))
    else:
        click.echo(f"{freed / _MIB:.1f} MiB freed in {path}")
