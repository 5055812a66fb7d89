"""A scenario's network: the default world with some things otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml
from pydantic import ValidationError

from tools.simulation.world import World, WorldError, load_world

#: What tells the items of a list of the world's file apart.
_KEYS = ("id", "message_id", "name")
_REMOVED = "removed"


def changed_world(change: Mapping[str, Any]) -> World:
    """The default world, with changes.

    Objects are merged; so are lists of objects that have an `id`, a `message_id` or a `name`: an item of the
    same key is changed, another one is added, and one with `removed: true` is taken away. Anything else is
    replaced.

    Raises:
        WorldError: The changes do not make a world.
    """
    if not change:
        return _default_world()
    try:
        return World.model_validate(_merged(_default(), dict(change)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the world"
        raise WorldError(f"world: {place}: {first['msg']}") from error


@cache
def _default_world() -> World:
    """The default world, which is frozen and can be shared."""
    return load_world()


@cache
def _default() -> Any:
    """The default world as its file has it; merging changes nothing of it."""
    return yaml.safe_load(files("tools").joinpath("worlds", "default.yaml").read_text(encoding="utf-8"))


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("dict[Any, Any]", old), cast("dict[Any, Any]", new)
        return {**before, **{key: _merged(before.get(key), value) for key, value in after.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return _merged_list(cast("list[Any]", old), cast("list[Any]", new))
    return new


def _merged_list(old: list[Any], new: list[Any]) -> list[Any]:
    key = next(
        (key for key in _KEYS if old and all(isinstance(item, dict) and key in item for item in old)), None
    )
    if key is None:
        return new
    items = {item[key]: item for item in old}
    for item in new:
        if not isinstance(item, dict) or key not in item:
            raise WorldError(
                f"world: {item!r} changes a list whose items are told apart by {key}; give it one"
            )
        entry = cast("dict[str, Any]", item)
        if entry.get(_REMOVED):
            items.pop(entry[key], None)
        else:
            items[entry[key]] = _merged(items.get(entry[key], {}), entry)
    return list(items.values())
