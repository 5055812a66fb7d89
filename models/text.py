"""Text from files of strangers, made safe to show."""

from __future__ import annotations


def visible(text: str) -> str:
    """Writes control characters, such as those of escape sequences, as Python would; line feeds stay."""
    return "".join(
        char if char == "\n" or char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
