"""Makes replies that are nearly right: what a model of some dialect would write, damaged as models and networks do."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from bench.samples import HARD, PROSE, reply, tools
from providers.base import ToolCall
from providers.dialects.registry import DIALECTS, dialect

_LONGEST = 3000
_WORDS = (
    *'{}[]()<>"\':,=`|\\/',
    "\n", "\n\n", "  ", "```", "```json\n", "'''", '"""', "</", "/>", "<|", "|>", "null", "None", "true", "True",
    "NaN", "-", "1e999", "0x1F", "\\u00e9", "\\ud83d", "\\\"", "\u200b", "\ufeff", "\x00", "\u2028", "\uff5c", "é",
    "🙂", "<think>", "</think>", "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "<function=", "<parameter=",
    "</parameter>", "</function>", "<|python_tag|>", "functools", "functions.", "name", "arguments", "parameters",
    "ping_host", "get_agents", "target", "**{}", "lambda", "f(", "call:", "<escape>",
)  # fmt: skip


@cache
def _replies(name: str) -> tuple[str, ...]:
    """Whole replies of a dialect: each call alone, and all together."""
    made = tuple(
        ToolCall(f"functions.{tool.name}:{at}", tool.name, _example(tool.parameters))
        for at, tool in enumerate(tools())
    )
    return (reply(name), *(reply(name, (call,)) for call in made))


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "integer": 5,
        "number": 0.5,
        "boolean": True,
        "array": [443, "a"],
        "object": {"a": {}},
    }
    return {key: values.get(str(of.get("type")), "gw1.lan") for key, of in schema["properties"].items()}


@cache
def _markers(name: str) -> tuple[str, ...]:
    """Pieces of this dialect's replies that are neither words nor values, and the common ones."""
    found: set[str] = set()
    for written in _replies(name)[:3]:
        at = 0
        while (start := written.find("<", at)) >= 0:
            end = written.find(">", start)
            at = start + 1 if end < 0 else end + 1
            found.add(written[start:at])
    return (*sorted(found), *_WORDS)


def _some(chance: random.Random, text: str) -> tuple[int, int]:
    """Chooses a span; short ones are likelier."""
    begin = chance.randrange(len(text) + 1)
    return begin, min(len(text), begin + int(chance.expovariate(1 / 12)) + 1)


def _delete(chance: random.Random, text: str, name: str) -> str:
    begin, end = _some(chance, text)
    return text[:begin] + text[end:]


def _double(chance: random.Random, text: str, name: str) -> str:
    begin, end = _some(chance, text)
    return text[:end] + text[begin:]


def _insert(chance: random.Random, text: str, name: str) -> str:
    at, _ = _some(chance, text)
    return text[:at] + chance.choice(_markers(name)) + text[at:]


def _replace(chance: random.Random, text: str, name: str) -> str:
    begin, end = _some(chance, text)
    return text[:begin] + chance.choice(_markers(name)) + text[end:]


def _truncate(chance: random.Random, text: str, name: str) -> str:
    return text[: _some(chance, text)[0]]


def _behead(chance: random.Random, text: str, name: str) -> str:
    return text[_some(chance, text)[0] :]


def _swap(chance: random.Random, text: str, name: str) -> str:
    (a, b), (c, d) = sorted((_some(chance, text), _some(chance, text)))
    return text if c < b else text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _quotes(chance: random.Random, text: str, name: str) -> str:
    begin, end = _some(chance, text)
    return text[:begin] + text[begin : end + 40].translate({34: 39, 39: 34}) + text[end + 40 :]


def _spaces(chance: random.Random, text: str, name: str) -> str:
    return "".join(text.split()) if chance.random() < 0.5 else text.replace("\n", " ")


def _marker(chance: random.Random, text: str, name: str) -> str:
    """Drops every one of some marker, or doubles it."""
    marker = chance.choice(_markers(name))
    return text.replace(marker, chance.choice(("", marker * 2, marker[:-1])))


def _escape(chance: random.Random, text: str, name: str) -> str:
    return text.replace('"', '\\"') if chance.random() < 0.5 else text.replace("\n", "\\n")


def _nest(chance: random.Random, text: str, name: str) -> str:
    """Puts one reply into another, perhaps into a string of it."""
    outer = chance.choice(_replies(chance.choice((name, chance.choice(tuple(DIALECTS))))))
    at = max(outer.find("gw1.lan"), 0) if chance.random() < 0.5 else _some(chance, outer)[0]
    return outer[:at] + text + outer[at:]


def _follow(chance: random.Random, text: str, name: str) -> str:
    other = chance.choice(_replies(chance.choice((name, chance.choice(tuple(DIALECTS))))))
    return text + chance.choice(("", "\n", " ", PROSE, "\n\n")) + other


_DAMAGES: Sequence[Callable[[random.Random, str, str], str]] = (
    _delete, _double, _insert, _insert, _replace, _replace, _truncate, _behead, _swap, _quotes, _spaces, _marker,
    _escape, _nest, _follow,
)  # fmt: skip


def _begin(chance: random.Random, name: str) -> str:
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(_replies(name))
    if kind < 0.8:
        return chance.choice(_replies(chance.choice(tuple(DIALECTS))))
    if kind < 0.9:
        return chance.choice(tuple(HARD.values())) * chance.randrange(1, 9)
    return "".join(chance.choices(_markers(name), k=chance.randrange(1, 30)))


def damaged(seed: int, number: int) -> tuple[str, str]:
    """Makes input `number` of a seed, the same every time; returns its dialect and its text."""
    chance = random.Random(f"{seed}:{number}")
    name = tuple(DIALECTS)[number % len(DIALECTS)]
    text = _begin(chance, name)
    for _ in range(min(8, int(chance.expovariate(0.5)))):
        text = chance.choice(_DAMAGES)(chance, text, name)[:_LONGEST]
    if chance.random() < 0.3:
        text = chance.choice((PROSE, "<think>Hm.</think>", "\n", "Sure:\n")) + text
    # What a dialect never is given: half of a pair of surrogates.
    return dialect(name).name, text.encode("utf-8", "replace").decode()
