"""Templates: text with slots and choices, calls with slots, and what they are part of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Turn = Literal["U", "A", "C", "R"]


@dataclass(frozen=True, slots=True)
class Slot:
    """`{name}`; a distractor (`{x:host}`) has the name `x:host`."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`[a|b|]`: one of several sequences of parts."""

    options: tuple[tuple[Part, ...], ...]


Part = str | Slot | Choice


@dataclass(frozen=True, slots=True)
class CallTemplate:
    """A call whose values may hold slots: `(parameter, value text)` in the order written."""

    tool: str
    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Single:
    """One way of asking for one call."""

    tool: str
    text: tuple[Part, ...]
    fixed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NoCall:
    """One way of saying something that needs no call. `say` is empty for the class's usual reply."""

    kind: str
    text: tuple[Part, ...]
    say: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation: turns, then either calls or words."""

    topic: str
    turns: tuple[tuple[Turn, tuple[Part, ...] | tuple[CallTemplate, ...]], ...]
    calls: tuple[CallTemplate, ...]
    say: tuple[Part, ...]


_SLOT = re.compile(r"\{([a-z][a-z_]*(?::[a-z]+)?\d*)\}")


def parse_text(text: str, *, known: frozenset[str] | None = None, choices: bool = True) -> tuple[Part, ...]:
    """Parses a template.

    Args:
        text: The template.
        known: Names (without trailing digits) that are slots; other braces are literal. None takes all.
        choices: Whether `[a|b]` is a choice; in results and words it is literal.

    Raises:
        ValueError: A bracket is not closed.
    """
    parts, rest = _parse(text.replace("\\n", "\n"), known, choices, depth=0)
    if rest:
        raise ValueError(f"unexpected {rest[0]!r}")
    return parts


def _parse(
    text: str, known: frozenset[str] | None, choices: bool, depth: int
) -> tuple[tuple[Part, ...], str]:
    parts: list[Part] = []
    literal: list[str] = []

    def flush() -> None:
        if literal:
            parts.append("".join(literal))
            literal.clear()

    while text:
        char = text[0]
        if char == "\\" and len(text) > 1 and text[1] in "[]{}|\\":
            literal.append(text[1])
            text = text[2:]
        elif (
            char == "{" and (m := _SLOT.match(text)) and (known is None or m[1].rstrip("0123456789") in known)
        ):
            flush()
            parts.append(Slot(m[1]))
            text = text[m.end() :]
        elif choices and char == "[":
            flush()
            options: list[tuple[Part, ...]] = []
            text = text[1:]
            while True:
                option, text = _parse(text, known, choices, depth + 1)
                options.append(option)
                if not text:
                    raise ValueError("a '[' is not closed")
                closing, text = text[0], text[1:]
                if closing == "]":
                    break
            parts.append(Choice(tuple(options)))
        elif depth and char in "|]":
            break
        else:
            literal.append(char)
            text = text[1:]
    flush()
    return tuple(parts), text


def slots_of(parts: tuple[Part, ...]) -> set[str]:
    """Returns the names of all slots in a template."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Slot):
            found.add(part.name)
        elif isinstance(part, Choice):
            for option in part.options:
                found |= slots_of(option)
    return found


def variants(parts: tuple[Part, ...]) -> int:
    """Counts the ways in which a template's choices can fall."""
    count = 1
    for part in parts:
        if isinstance(part, Choice):
            count *= sum(variants(option) for option in part.options)
    return count


def parse_arguments(text: str) -> tuple[tuple[str, str], ...]:
    """Parses `a=1, b=[x, y]` into pairs; commas split only before another `name=`."""
    pairs: list[tuple[str, str]] = []
    for piece in re.split(r",\s*(?=[a-z_]+\s*=)", text.strip()):
        name, equals, value = piece.partition("=")
        if not equals:
            raise ValueError(f"expected name=value, got {piece!r}")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


_CALL = re.compile(r"\s*([a-z_]+)\((.*?)\)\s*(?:;|$)", re.S)


def parse_calls(text: str) -> tuple[CallTemplate, ...]:
    """Parses `tool(a=1); tool2()`."""
    calls: list[CallTemplate] = []
    position = 0
    while position < len(text.rstrip()):
        match = _CALL.match(text, position)
        if match is None:
            raise ValueError(f"expected tool(name=value, ...), got {text[position:]!r}")
        arguments = parse_arguments(match[2]) if match[2].strip() else ()
        calls.append(CallTemplate(match[1], arguments))
        position = match.end()
    return tuple(calls)
