"""Reads calls that a model wrote as YAML between its tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from providers.dialects.tolerant import Unreadable
from providers.dialects.typed import Schema, properties_of, type_value

#: How a call begins that is YAML.
YAML_CALL = re.compile(r"(?:name|function|tool|tool_name)[ \t]*:[ \t]")
_LONGEST = 20_000
_DEEPEST = 20


def read_yaml(text: str) -> dict[str, Any]:
    """Reads a mapping; every scalar is the text that stands there, to be typed by a schema.

    Raises:
        Unreadable: It is no YAML, no mapping, too long, too deep, or refers to itself.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    if len(text) > _LONGEST:
        raise Unreadable(f"a call in YAML is longer than {_LONGEST} characters", _LONGEST)
    depth = 0
    try:
        for event in yaml.parse(text, loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
                raise Unreadable("the YAML is too deep, or refers to itself", 0)
        value = yaml.load(text, loader)  # noqa: S506 - this loader makes nothing but text, lists and mappings
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("this is no YAML", getattr(mark, "index", 0)) from None
    except (ValueError, RecursionError):
        raise Unreadable("this is no YAML", 0) from None
    if not isinstance(value, dict):
        raise Unreadable("a call in YAML must be a mapping", 0)
    return cast("dict[str, Any]", value)


def typed_tree(value: Any, schema: Schema | None, root: Schema | None) -> Any:
    """Types the texts in a value as the schema has them."""
    if isinstance(value, str):
        return type_value(value, schema, root)[0]
    if isinstance(value, list):
        items = (schema or {}).get("items")
        inner = cast("Schema", items) if isinstance(items, Mapping) else None
        return [typed_tree(item, inner, root) for item in cast("list[Any]", value)]
    known = properties_of(schema or {})
    pairs = cast("dict[str, Any]", value).items()
    return {key: typed_tree(item, known.get(key), root) for key, item in pairs}
