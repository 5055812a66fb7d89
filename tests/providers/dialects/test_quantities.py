"""What amounts and points in time mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.quantities import iso, resolve_amount, resolve_point, spell_amount

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("30s", "ms", 30_000), ("0.5s", "ms", 500), ("500ms", "ms", 500), ("250", "ms", 250), ("5m", "s", 300),
        ("1.5h", "s", 5400), ("1d", "s", 86_400), ("45", "s", 45), ("2h", "m", 120), ("1w", "m", 10_080),
        ("90", "m", 90), ("30s", "m", 0), ("5M", "s", 300), ("1m30s", "s", 90), ("1h30m", "m", 90),
        ("2m5s", "ms", 125_000), ("1h 15m", "s", 4500), ("30s1m", "s", None), ("1m30m", "s", None),
        ("five", "s", None), ("-5m", "s", None), ("", "s", None),
    ],
)  # fmt: skip
def test_amount(text: str, unit: str, value: int | None) -> None:
    assert resolve_amount(text, unit) == value  # type: ignore[arg-type]


@given(st.integers(0, 10_000_000), st.sampled_from(["ms", "s", "m"]))
def test_a_spelled_amount_means_the_same(value: int, unit: str) -> None:
    assert resolve_amount(spell_amount(value, unit), unit) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "future", "past"),
    [
        ("now", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"),
        ("+30m", "2026-11-22T12:30:00Z", "2026-11-22T12:30:00Z"),
        ("-24h", "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"),
        ("22:00", "2026-11-22T22:00:00Z", "2026-11-21T22:00:00Z"),
        ("02:00", "2026-11-23T02:00:00Z", "2026-11-22T02:00:00Z"),
        ("tonight 02:00", "2026-11-23T02:00:00Z", "2026-11-23T02:00:00Z"),
        ("tonight 22:00", "2026-11-22T22:00:00Z", "2026-11-22T22:00:00Z"),
        ("tomorrow 09:00 CET", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
        ("mon 09:00", "2026-11-23T09:00:00Z", "2026-11-16T09:00:00Z"),
        ("sun 09:00", "2026-11-29T09:00:00Z", "2026-11-22T09:00:00Z"),
        ("last mon", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z"),
        ("11-25 22:00", "2026-11-25T22:00:00Z", "2025-11-25T22:00:00Z"),
        ("25.11. 22:00", "2026-11-25T22:00:00Z", "2025-11-25T22:00:00Z"),
        ("1.12.2026 07:30 CET", "2026-12-01T06:30:00Z", "2026-12-01T06:30:00Z"),
        ("2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("+3d 14:00", "2026-11-25T14:00:00Z", "2026-11-25T14:00:00Z"),
        ("week", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z"),
        ("month", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("24:00", "2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("02-29 10:00", "2028-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
        ("2026-11-23T02:00:00+01:00", "2026-11-23T01:00:00Z", "2026-11-23T01:00:00Z"),
    ],
)
def test_point(text: str, future: str, past: str) -> None:
    for toward, expected in (("future", future), ("past", past)):
        found = resolve_point(text, NOW, toward)  # type: ignore[arg-type]
        assert found is not None
        assert iso(found) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "25:10", "13-45 10:00", "UTC", "tomorrow 09:00 XYZ", "mon tue", "-", "+", "+999999999w"],
)
def test_no_point(text: str) -> None:
    assert resolve_point(text, NOW, "future") is None


@given(st.text(max_size=24), st.sampled_from(["future", "past"]))
def test_any_text_is_a_point_or_none(text: str, toward: str) -> None:
    found = resolve_point(text, NOW, toward)  # type: ignore[arg-type]
    assert found is None or found.tzinfo is not None


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(["mon", "wed", "sun", ""]))
def test_a_bare_point_lies_on_its_side_of_now(hour: int, minute: int, day: str) -> None:
    text = f"{day} {hour:02d}:{minute:02d}".strip()
    ahead, behind = resolve_point(text, NOW, "future"), resolve_point(text, NOW, "past")
    assert ahead is not None
    assert behind is not None
    assert NOW <= ahead <= NOW + timedelta(days=7)
    assert NOW - timedelta(days=7) <= behind <= NOW
