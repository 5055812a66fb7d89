"""Reads Google-style docstrings: what a function does, and what each parameter means."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

_SECTION = re.compile(r"(Args|Returns|Yields|Raises|Note|Example|Examples|Attributes):\s*")
_ARGUMENT = re.compile(r"(\w+)(?: \([^)]*\))?:\s+(.*)")


@dataclass(frozen=True, slots=True)
class Docstring:
    """Text of a docstring: `description` in one line, `arguments` by parameter name."""

    description: str
    arguments: dict[str, str]


def read_docstring(function: Callable[..., object]) -> Docstring:
    """Reads a function's docstring; line breaks become spaces."""
    lines = (inspect.getdoc(function) or "").splitlines()
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in lines:
        heading = _SECTION.fullmatch(line)
        if heading:
            current = heading[1]
            sections[current] = []
        else:
            sections[current].append(line)
    description = " ".join(line.strip() for line in sections[""] if line.strip())
    return Docstring(description, _arguments(sections.get("Args", [])))


def _arguments(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        entry = _ARGUMENT.fullmatch(line[indent:])
        if entry:
            name = entry[1]
            found[name] = entry[2].strip()
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}"
    return found
