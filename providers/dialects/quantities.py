"""Amounts and times as the shipped family writes them, and what they mean.

A model of a few megabytes copies well and reckons badly. So it writes what the person said in one spelling
("5m", "tomorrow 02:00", "until 03:00") and this module does the arithmetic against the current time.

The spelling, in full::

    amount  = digits [ "." digits ] [ "ms" | "s" | "m" | "h" | "d" | "w" ]
            | digits unit digits unit, the smaller unit last: 1m30s, 1h30m
    length  = amount | "until " point
    point   = "now" | ("+" | "-") amount | [ day ] [ clock ] [ zone ]
    day     = "today" | "tonight" | "tomorrow" | "yesterday" | "week" | "month" | "year"
            | [ "last " ] weekday | "+" digits "d" | MM-DD | YYYY-MM-DD | D.M. | D.M.YYYY
    clock   = HH:MM [ ":" SS ]
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

Unit = Literal["ms", "s", "m"]
Toward = Literal["future", "past"]

#: Seconds in each unit of an amount.
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d|w)?")
_COMPOUND = re.compile(r"(\d{1,9})([mhdw])\s*(\d{1,9})(s|m|h|d)")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Fixed offsets of the zones that people write after a time, in minutes.
ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 60, "CET": 60, "WEST": 60, "CEST": 120, "EET": 120,
    "EEST": 180, "MSK": 180, "IST": 330, "SGT": 480, "HKT": 480, "JST": 540, "KST": 540, "AEST": 600,
    "AEDT": 660, "NZST": 720, "NZDT": 780, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420,
    "MDT": -360, "PST": -480, "PDT": -420, "BRT": -180,
}  # fmt: skip

_POINT = re.compile(
    r"(?P<day>today|tonight|tomorrow|yesterday|week|month|year"
    r"|(?:last )?(?:mon|tue|wed|thu|fri|sat|sun)|\+\d{1,3}d|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}"
    r"|\d{1,2}\.\d{1,2}\.(?:\d{4})?)?"
    r"(?:(?:^| )(?P<clock>\d{1,2}:\d{2}(?::\d{2})?))?"
    r"(?:(?:^| ?)(?P<zone>[A-Z]{1,4}|[+-]\d{2}:\d{2}))?"
)


def resolve_amount(text: str, unit: Unit) -> int | None:
    """Converts an amount such as "1.5h" or "1h30m" to whole `unit`s ("m" is minutes); None if it is not one."""
    text = text.strip().lower()
    if match := _AMOUNT.fullmatch(text):
        seconds = float(match[1]) * SECONDS[match[2] or unit]
    elif (match := _COMPOUND.fullmatch(text)) and SECONDS[match[4]] < SECONDS[match[2]]:
        seconds = int(match[1]) * SECONDS[match[2]] + int(match[3]) * SECONDS[match[4]]
    else:
        return None
    return round(seconds / SECONDS[unit])


def spell_amount(value: int, unit: Unit) -> str:
    """Writes `value` units as the amount that people would say: 300 s is "5m"."""
    milliseconds = round(value * SECONDS[unit] * 1000)
    for name in ("w", "d", "h", "m", "s"):
        size = round(SECONDS[name] * 1000)
        if milliseconds >= size and milliseconds % size == 0:
            if name in ("w", "d") and unit != "m":
                continue
            return f"{milliseconds // size}{name}"
    return f"{milliseconds}ms"


def resolve_point(text: str, now: datetime, toward: Toward) -> datetime | None:
    """Finds the instant that a point in time names.

    Args:
        text: A point in the spelling above, or an ISO 8601 date-time.
        now: The current time, with its zone; a point without a zone is in UTC.
        toward: Whether a bare clock time, weekday or day of the year means the next or the last one.

    Returns:
        The instant in UTC, or None where the text is not a point in time.
    """
    try:
        return _point(text.strip(), now.astimezone(UTC), toward)
    except (ValueError, OverflowError):
        # No such day, or one beyond the calendar.
        return None


def _point(text: str, now: datetime, toward: Toward) -> datetime | None:
    if text == "now":
        return now
    if text[:1] in "+-" and (match := _AMOUNT.fullmatch(text[1:])) and match[2]:
        length = timedelta(seconds=float(match[1]) * SECONDS[match[2]])
        return now + length if text[0] == "+" else now - length
    match = _POINT.fullmatch(text)
    if match is None or not (match["day"] or match["clock"]):
        return _iso(text)
    zone = _zone(match["zone"])
    if zone is None:
        return None
    return _resolve(match["day"], match["clock"], now.astimezone(zone), toward).astimezone(UTC)


def _iso(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return UTC
    if text[0] in "+-":
        minutes = int(text[1:3]) * 60 + int(text[4:6])
        return (
            timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes)) if minutes < 1440 else None
        )
    return timezone(timedelta(minutes=ZONES[text])) if text in ZONES else None


_Clock = tuple[int, int, int]


def _at(date: datetime, clock: _Clock) -> datetime:
    if clock == (24, 0, 0):
        return date + timedelta(days=1)
    return date.replace(hour=clock[0], minute=clock[1], second=clock[2])


def _resolve(day: str | None, clock_text: str | None, now: datetime, toward: Toward) -> datetime:
    numbers = [int(number) for number in clock_text.split(":")] if clock_text else [0, 0]
    clock: _Clock = (numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if day is None:
        moment = _at(midnight, clock)
        if toward == "future":
            return moment if moment >= now else moment + timedelta(days=1)
        return moment if moment <= now else moment - timedelta(days=1)
    if day[-3:] in _WEEKDAYS:
        return _weekday(day, clock, now, toward)
    if day[0].isdigit():
        return _date(day, clock, now, toward, whole_day=clock_text is None)
    return _at(_named(day, midnight, small_hours=bool(clock_text) and clock[0] < 12 and now.hour >= 6), clock)


def _named(day: str, midnight: datetime, *, small_hours: bool) -> datetime:
    match day:
        case "tonight":
            # "tonight at 2" is said before midnight and means the small hours that follow.
            return midnight + timedelta(days=1 if small_hours else 0)
        case "tomorrow":
            return midnight + timedelta(days=1)
        case "yesterday":
            return midnight - timedelta(days=1)
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case "year":
            return midnight.replace(month=1, day=1)
        case "today":
            return midnight
        case _:
            return midnight + timedelta(days=int(day[1:-1]))


def _weekday(day: str, clock: _Clock, now: datetime, toward: Toward) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (_WEEKDAYS.index(day[-3:]) - now.weekday()) % 7
    if toward == "future" and not day.startswith("last"):
        moment = _at(midnight + timedelta(days=ahead), clock)
        return moment if moment > now else moment + timedelta(days=7)
    back = (7 - ahead) % 7
    moment = _at(midnight - timedelta(days=back), clock)
    # "last sunday", said on a sunday, is a week ago.
    is_over = moment <= now and (back > 0 or not day.startswith("last"))
    return moment if is_over else moment - timedelta(days=7)


def _date(day: str, clock: _Clock, now: datetime, toward: Toward, *, whole_day: bool) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if "." in day:
        number_text, month_text, year_text = day.split(".")
        day = (f"{year_text}-" if year_text else "") + f"{int(month_text):02d}-{int(number_text):02d}"
    if len(day) == 10:
        return _at(midnight.replace(year=int(day[:4]), month=int(day[5:7]), day=int(day[8:])), clock)
    month, number = int(day[:2]), int(day[3:])
    # A day of today's date without a time is still ahead until it is over.
    end = timedelta(days=1 if whole_day else 0)
    for years in range(9):
        year = now.year + years if toward == "future" else now.year - years
        if month == 2 and number == 29 and not calendar.isleap(year):
            continue
        moment = _at(midnight.replace(year=year, month=month, day=number), clock)
        if moment + end > now if toward == "future" else moment <= now:
            return moment
    raise ValueError(f"no such day: {day}")


def iso(moment: datetime) -> str:
    """Writes an instant as the tools take it: 2026-11-23T02:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
