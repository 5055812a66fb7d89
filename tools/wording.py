"""Words for numbers, times and lists, so that every tool speaks alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime


def join(items: Sequence[object], at_most: int = 12) -> str:
    """Lists things in words: `a, b and c`; beyond `at_most` it ends with `and 4 more`."""
    words = [str(item) for item in items]
    if len(words) > at_most:
        words = [*words[:at_most], f"{len(words) - at_most:,} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Counts things: `1 host`, `2 hosts`, `no hosts`."""
    many = plural or f"{noun}s"
    if number == 0:
        return f"no {many}"
    return f"{number:,} {noun if number == 1 else many}"


def ms(value: float) -> str:
    """Milliseconds with at most one decimal: `23.1 ms`."""
    return f"{number(value)} ms"


def number(value: float, digits: int = 1) -> str:
    """A number without needless zeros: `12`, `23.1`, `99.987`."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(moment: datetime) -> str:
    """The date of a moment, in UTC: `2027-01-30`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """A moment to the minute, in UTC: `2026-11-22 09:14 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def length(seconds: float) -> str:
    """A length of time in its two largest units: `45 s`, `3 min`, `2 h 10 min`, `4 d 3 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60 % 60, whole // 3600 % 24, whole // 86400
    if whole < 3600:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{days} d {hours} h" if hours else f"{days} d"


def from_agent(agent: str | None) -> str:
    """` from tokyo` where a probe agent was named, else nothing."""
    return f" from {agent}" if agent else ""


def nearest(word: str, valid: Iterable[str], at_most: int = 3) -> list[str]:
    """The valid words most like `word`, best first; empty where none is alike."""
    known = {item.casefold(): item for item in valid}
    lowered = word.casefold()
    close = difflib.get_close_matches(lowered, known, n=at_most, cutoff=0.55)
    inside = [key for key in known if len(lowered) > 2 and (lowered in key or key in lowered)]
    return [known[key] for key in dict.fromkeys([*close, *inside])][:at_most]


def hint(word: str, valid: Iterable[str]) -> str:
    """` Nearest: a, b.` where there are words like it, else nothing."""
    near = nearest(word, valid)
    return f" Nearest: {', '.join(near)}." if near else ""
