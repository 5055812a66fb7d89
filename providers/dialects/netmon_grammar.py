"""Grammars that hold the shipped family's replies to the tools on offer.

Two strengths: `schema` lets any text stand in a string; `copy` lets a value that names something (a host, a URL, an
id, a person's own words) be only a piece of the conversation. The grammar copies, the model chooses where.

The notation is llguidance's Lark: terminals are regular expressions, `&` is intersection, and
`%regex {"substring_chunks": [...]}` is any run of adjacent chunks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from providers.base import Message, ToolSpec
from providers.dialects.netmon_pieces import CLOSE_CALL, clean, open_call
from providers.dialects.netmon_wire import Kind, kind_of

#: Characters of the conversation, counted from its end, that values may be copied from.
COPY_CHARS = 6000

_CHUNK = re.compile(r"[A-Za-z0-9_-]+|.", re.S)
_AMOUNT = r"[0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h|d|w)?"
_POINT = (
    r"(now|[+\-][0-9]{1,5}(\.[0-9]{1,2})?(s|m|h|d|w)"
    r"|((today|tonight|tomorrow|yesterday|week|month|year|(last )?(mon|tue|wed|thu|fri|sat|sun)|\+[0-9]{1,3}d"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}-[0-9]{2})( [0-9]{2}:[0-9]{2})?|[0-9]{2}:[0-9]{2})( [A-Z]{2,4})?)"
)
_PORTS = r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*"


def grammar(tools: Sequence[ToolSpec], messages: Sequence[Message], *, copy: bool) -> str:
    """Writes the grammar of a reply: words, or one call or more of the tools on offer.

    Args:
        tools: The tools on offer.
        messages: The conversation that values may be copied from.
        copy: Whether values that name something must be copied.
    """
    lines = [
        "start: words | calls" if tools else "start: words",
        r"words: /[^<\x00-\x08](.|\n)*/",
    ]
    if tools:
        lines.append("calls: (" + " | ".join(f"call_{index}" for index in range(len(tools))) + ")+")
    source = _source(messages) if copy else ""
    if source:
        chunks = json.dumps(_CHUNK.findall(source), ensure_ascii=True)
        lines.append(f'PIECE: %regex {{"substring_chunks": {chunks}}}')
        lines.append(r'COPIED: PIECE & /[^"\\\s\x00-\x1f]([^"\\\x00-\x1f]*[^"\\\s\x00-\x1f])?/')
        lines.append(r"NAME: COPIED & /[^\s]+/")
    else:
        lines.append(r'COPIED: /([^"\\\x00-\x1f]|\\["\\\/bfnrt]|\\u[0-9a-fA-F]{4})+/')
        lines.append(r'NAME: /[^"\\\s\x00-\x1f]+/')
    lines += [
        f"AMOUNT: /{_AMOUNT}/",
        f"POINT: /{_POINT}/",
        f"PORTS: /{_PORTS}/",
        "INTEGER: /-?[0-9]{1,9}/",
    ]
    for index, tool in enumerate(tools):
        lines += _call(index, tool)
    return "\n".join(lines) + "\n"


def _source(messages: Sequence[Message]) -> str:
    texts = [clean(message.content) for message in messages if message.content]
    texts += [
        str(value)
        for message in messages
        for call in message.tool_calls
        for value in _flat(call.arguments)
        if isinstance(value, str)
    ]
    return "\n".join(texts)[-COPY_CHARS:]


def _flat(arguments: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for value in arguments.values():
        found += value if isinstance(value, list) else [value]
    return found


def _call(index: int, tool: ToolSpec) -> list[str]:
    """Rules of one tool's call; parameters come in the schema's order, each at most once."""
    properties: Mapping[str, Mapping[str, Any]] = tool.parameters.get("properties", {})
    needed = set(tool.parameters.get("required", ()))
    names = list(properties)
    rules = [f"call_{index}: {_quote(open_call(tool.name))} first_{index}_0 {_quote(CLOSE_CALL)}"]
    for place, name in enumerate(names):
        rules.append(
            f"pair_{index}_{place}: {_quote(json.dumps(name) + ':')} {_value(name, properties[name])}"
        )
        after = f"rest_{index}_{place + 1}"
        first = f"pair_{index}_{place} {after}"
        rest = f'"," pair_{index}_{place} {after}'
        if name not in needed:
            first += f" | first_{index}_{place + 1}"
            rest += f" | {after}"
        rules += [f"first_{index}_{place}: {first}", f"rest_{index}_{place}: {rest}"]
    return [*rules, f'first_{index}_{len(names)}: ""', f'rest_{index}_{len(names)}: ""']


def _value(name: str, schema: Mapping[str, Any]) -> str:
    kind: Kind = kind_of(name, schema)
    match kind:
        case "choice":
            return "(" + " | ".join(_quote(json.dumps(value)) for value in schema["enum"]) + ")"
        case "integer":
            return "INTEGER"
        case "boolean":
            return '("true" | "false")'
        case "amount":
            end = ' | "until " POINT' if name == "duration_min" else ""
            return _quote('"') + f" (AMOUNT{end}) " + _quote('"')
        case "point":
            return _quote('"') + " POINT " + _quote('"')
        case "integers":
            return '"[" INTEGER ("," INTEGER)* "]"'
        case "texts":
            item = _quote('"') + " COPIED " + _quote('"')
            return f'"[" {item} ("," {item})* "]"'
        case "text":
            return _quote('"') + f" {_text(name, schema)} " + _quote('"')


def _text(name: str, schema: Mapping[str, Any]) -> str:
    if name == "ports":
        return "PORTS"
    if schema.get("format") == "uri":
        return '("https://" | "http://")? NAME'
    return "COPIED" if name in ("expect_text", "agent_location") else "NAME"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
