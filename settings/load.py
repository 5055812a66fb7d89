"""Reads `config.yaml` and the environment."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsConfigDict

from settings.reading import parse_yaml
from settings.schema import Config

_PREFIX = "SMALLWATCH_"
_FILE_VARIABLE = "SMALLWATCH_CONFIG"
# Ranges that checks may reach; an option of the commands that check reads it.
_ALLOW_VARIABLE = "SMALLWATCH_ALLOW"
# The secret of a probe agent; an option of `smallwatch agent` reads it.
_TOKEN_VARIABLE = "SMALLWATCH_TOKEN"  # noqa: S105 - a name
SHIPPED = Path(__file__).parent.parent / "config.yaml"


class ConfigError(ValueError):
    """A setting is wrong; the message names the key, what is allowed, and where it was set."""


def find_file(environment: Mapping[str, str]) -> Path | None:
    """Finds the file to read: `SMALLWATCH_CONFIG`, then ./config.yaml, then the one that ships.

    Raises:
        ConfigError: `SMALLWATCH_CONFIG` names no file.
    """
    named = environment.get(_FILE_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise ConfigError(f"{_FILE_VARIABLE} names {named}, which is not a file")
        return Path(named)
    return next((path for path in (Path("config.yaml"), SHIPPED) if path.is_file()), None)


def load_config() -> Config:
    """Reads the settings.

    Raises:
        ConfigError: A key is unknown or a value is wrong.
    """
    path = find_file(os.environ)
    _check_environment(os.environ)
    if path is not None:
        _check_file(path)

    class FromFile(Config):
        model_config = SettingsConfigDict(yaml_file=path)

    try:
        return FromFile()
    except ValidationError as error:
        raise ConfigError("\n".join(_problems(error, path))) from error


def _check_file(path: Path) -> None:
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if data is None:
        return
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values, got {type(data).__name__}")
    unknown = [key for key in _keys(cast("dict[str, object]", data)) if key not in _known(Config)]
    if unknown:
        raise ConfigError("\n".join(f"{path}: unknown key {key}; {_near(key)}" for key in unknown))


def _check_environment(environment: Mapping[str, str]) -> None:
    """Finds misspelled variables, which pydantic-settings passes over at the top level."""
    known = {_PREFIX + key.replace(".", "__").upper(): key for key in _known(Config)}
    known |= {_FILE_VARIABLE: "", _ALLOW_VARIABLE: "", _TOKEN_VARIABLE: ""}
    for name in environment:
        if name.startswith(_PREFIX) and name.upper() not in known:
            raise ConfigError(f"unknown environment variable {name}; {_nearest(name, known)}")


def _keys(data: Mapping[str, object], before: str = "") -> Iterator[str]:
    for key, value in data.items():
        yield f"{before}{key}"
        if isinstance(value, dict) and f"{before}{key}" in _known(Config):
            yield from _keys(cast("dict[str, object]", value), f"{before}{key}.")


@cache
def _known(model: type[BaseModel], before: str = "") -> frozenset[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(before + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _known(field.annotation, f"{before}{name}.")
    return frozenset(found)


def _near(key: str) -> str:
    return _nearest(key, _known(Config))


def _nearest(name: str, known: frozenset[str] | Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.4)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"


def _problems(error: ValidationError, path: Path | None) -> Iterator[str]:
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        variable = _PREFIX + key.replace(".", "__").upper()
        where = f"environment variable {variable}" if variable in os.environ else str(path)
        yield f"{where}: {key}: {item['msg']}, got {item['input']!r}"
