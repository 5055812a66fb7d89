"""What the tests of the dialects share: tools, cases, and ways to cut a reply into pieces."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from providers.base import Call, DialectEvent, Malformed, Reasoning, Settings, Text, ToolSpec
from providers.dialects.events import read_all
from providers.dialects.registry import dialect

SETTINGS = Settings()

TOOLS = (
    ToolSpec(
        "get_weather",
        "Tells the weather.",
        {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "metric": {"type": "boolean"},
                "limit": {"type": "number"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "where": {"type": "object"},
                "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "required": ["city"],
        },
    ),
    ToolSpec("ping", "Pings.", {"type": "object", "properties": {"target": {"type": "string"}}}),
    ToolSpec("now", "Tells the time.", {"type": "object", "properties": {}}),
)


def tool_of(name: str, **parameters: dict[str, Any]) -> ToolSpec:
    """A tool with these parameters, none of them required."""
    return ToolSpec(name, "", {"type": "object", "properties": parameters})


TEXT, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}
#: Parameters of every type that the forms of calls are tried with.
TYPES: dict[str, dict[str, Any]] = {
    "i": INTEGER,
    "f": {"type": "float"},
    "b": {"type": "boolean"},
    "s": TEXT,
    "o": {"type": "object"},
    "a": {"anyOf": [{"type": "array"}, NULL]},
    "mi": {"anyOf": [INTEGER, NULL]},
    "u": {"anyOf": [TEXT, INTEGER, NULL]},
    "ta": {"type": ["integer", "null"]},
}


def form_tools(**more_types: dict[str, Any]) -> tuple[ToolSpec, ...]:
    """The tools that forms of calls are tried with; `types` takes `TYPES` and these."""
    unit = {**TEXT, "enum": ["c", "f"]}
    return (
        tool_of("get_weather", city=TEXT, state=TEXT, unit=unit, days=INTEGER, date=TEXT),
        tool_of("area", shape=TEXT, dims={"type": "object"}, prec=INTEGER),
        tool_of("types", **TYPES, **more_types),
        tool_of("todo", todos={"type": "array"}),
        tool_of("now"),
        tool_of("python", code=TEXT),
        tool_of("bash", command=TEXT),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A reply and what is to be read in it.

    Attributes:
        text: The reply.
        calls: Name and arguments of each call.
        says: The visible text.
        repairs: Tolerances taken, over all calls; None where it does not matter.
        broken: Attempts that cannot be read.
        thinks: The reasoning.
    """

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    says: str = ""
    repairs: frozenset[str] | None = frozenset()
    broken: int = 0
    thinks: str = ""


def case(
    text: str,
    *calls: tuple[str, dict[str, Any]],
    says: str = "",
    repairs: str | None = "",
    broken: int = 0,
    thinks: str = "",
) -> Case:
    """Makes a case; `repairs` are names with blanks between, None where they do not matter."""
    return Case(text, calls, says, None if repairs is None else frozenset(repairs.split()), broken, thinks)


def read(name: str, *pieces: str, tools: Sequence[ToolSpec] = TOOLS) -> list[DialectEvent]:
    """Reads a reply in a dialect; its events, merged."""
    return read_all(dialect(name).parser(tools, SETTINGS), pieces)


def calls_in(events: Iterable[DialectEvent]) -> list[tuple[str, dict[str, Any]]]:
    """Name and arguments of each call."""
    return [(e.call.name, e.call.arguments) for e in events if isinstance(e, Call)]


def text_in(events: Iterable[DialectEvent]) -> str:
    """The visible text."""
    return "".join(e.text for e in events if isinstance(e, Text))


def thoughts_in(events: Iterable[DialectEvent]) -> str:
    """The reasoning."""
    return "".join(e.text for e in events if isinstance(e, Reasoning))


def broken_in(events: Iterable[DialectEvent]) -> list[Malformed]:
    """Attempts that could not be read."""
    return [e for e in events if isinstance(e, Malformed)]


def repairs_in(events: Iterable[DialectEvent]) -> frozenset[str]:
    """Tolerances taken, over all calls."""
    return frozenset(repair for e in events if isinstance(e, Call) for repair in e.repairs)


def cuts(text: str, tries: int, seed: int = 0) -> Iterator[list[str]]:
    """Cuts a text: into characters, in two at every place, and at random."""
    yield list(text)
    for at in range(1, len(text)):
        yield [text[:at], text[at:]]
    chance = random.Random(seed)
    for _ in range(tries):
        yield cut(text, chance, 7)


def cut(text: str, chance: random.Random, longest: int) -> list[str]:
    """Cuts a text at random into pieces of up to `longest` characters."""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        length = chance.randint(1, longest)
        pieces.append(text[at : at + length])
        at += length
    return pieces
