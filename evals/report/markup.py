"""HTML that cannot be broken out of: whatever is not made here is text, and is escaped."""

from __future__ import annotations

import html

from evals.text import visible

_VOID = frozenset({"meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Text as HTML, with what cannot be seen made visible."""
    return value if isinstance(value, Markup) else Markup(html.escape(visible(value)))


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """An element; children that are not `Markup` are text, attributes that are None are left out.

    A trailing underscore of an attribute's name is dropped, others become hyphens: `class_`, `text_anchor`.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*parts: str) -> Markup:
    """Parts one after the other."""
    return Markup("".join(text(part) for part in parts))


def data(content: str, **attributes: str) -> Markup:
    """JSON in a script element that is never run, with nothing in it that could end the element."""
    for char in "<>&":
        content = content.replace(char, f"\\u{ord(char):04x}")
    return element("script", Markup(content), type="application/json", **attributes)


def _plain(value: str | float) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
