"""Finds words in stored text, in any language's upper and lower case, which SQLite knows of English only."""

from __future__ import annotations

import sqlite3

_AROUND = 40


def add_functions(connection: sqlite3.Connection) -> None:
    """Teaches a connection `holds(text, word)`, `holds_all(text, words)` and `excerpt(text, word)`."""
    connection.create_function("holds", 2, _holds, deterministic=True)
    connection.create_function("holds_all", 2, _holds_all, deterministic=True)
    connection.create_function("excerpt", 2, _excerpt, deterministic=True)


def _holds(text: str | None, word: str) -> bool:
    return bool(word) and text is not None and word.casefold() in text.casefold()


def _holds_all(text: str, words: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words.casefold().split())


def _excerpt(text: str, word: str) -> str:
    """Returns the words around the first place, on one line."""
    plain = " ".join(text.split())
    at = max(0, plain.casefold().find(word.casefold()))
    begins, ends = max(0, at - _AROUND), at + len(word) + _AROUND
    return f"{'…' if begins else ''}{plain[begins:ends]}{'…' if ends < len(plain) else ''}"
