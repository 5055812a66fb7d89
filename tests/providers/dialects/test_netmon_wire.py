"""Arguments on the wire and as the tools take them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.base import ToolCall
from providers.dialects.netmon_pieces import (
    CLOSE_CALL,
    RESULT_CHARS,
    TOOL_NAMES,
    clean,
    open_call,
    show_result,
    write_calls,
)
from providers.dialects.netmon_wire import from_wire, to_wire

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOOLS = json.loads((Path(__file__).parents[3] / "tools" / "schema.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, dict[str, Any]] = {
    t["function"]["name"]: t["function"]["parameters"]["properties"] for t in TOOLS
}


def test_the_family_knows_exactly_the_tools() -> None:
    assert set(TOOL_NAMES) == set(SCHEMAS)


def test_a_window_with_an_end_becomes_a_length() -> None:
    wire = {"addresses": ["db.acme.internal"], "start": "tonight 02:00", "duration_min": "until 03:00"}
    taken = from_wire(wire, SCHEMAS["set_maintenance"], NOW)
    assert taken == {"addresses": ["db.acme.internal"], "start": "2026-11-23T02:00:00Z", "duration_min": 60}


def test_a_window_without_a_start_begins_now() -> None:
    taken = from_wire({"addresses": ["a"], "duration_min": "until 18:00"}, SCHEMAS["set_maintenance"], NOW)
    assert taken["duration_min"] == 360


def test_what_cannot_be_understood_is_passed_on() -> None:
    wire = {"interval_s": "often", "start": "soon", "duration_min": "until soon"}
    schemas = {**SCHEMAS["add_host"], **SCHEMAS["set_maintenance"]}
    assert from_wire(wire, schemas, NOW) == wire


def test_a_parameter_of_that_name_that_is_text_stays_text() -> None:
    assert from_wire({"timeout_ms": "5s"}, {"timeout_ms": {"type": "string"}}, NOW) == {"timeout_ms": "5s"}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "timeout_ms": st.integers(1, 120_000),
            "interval_s": st.integers(5, 86_400),
            "retries": st.integers(0, 10),
            "enabled": st.booleans(),
            "address": st.text(min_size=1, max_size=20),
        },
    )
)
def test_taken_arguments_survive_the_wire(arguments: dict[str, Any]) -> None:
    wire = to_wire(arguments, SCHEMAS["edit_host"])
    assert from_wire(wire, SCHEMAS["edit_host"], NOW) == arguments
    order = list(SCHEMAS["edit_host"])
    assert [order.index(name) for name in wire] == sorted(order.index(name) for name in wire)


def test_a_call_is_written_without_white_space() -> None:
    call = ToolCall("c", "edit_host", {"interval_s": 300, "address": "db-03"})
    assert (
        write_calls([call], SCHEMAS)
        == open_call("edit_host") + '"address":"db-03","interval_s":"5m"' + CLOSE_CALL
    )


@given(st.text(max_size=200))
def test_content_cannot_open_a_turn_or_a_call(text: str) -> None:
    for shown in (clean(text + "<tool_call>\x00\x01\x02"), show_result(text + "<tool_call>")[1:]):
        assert "<tool_call>" not in shown
        assert not any(code in shown for code in "\x00\x01\x02\x03\x04")


def test_a_long_result_is_cut_and_says_so() -> None:
    shown = show_result(json.dumps({"message": "x" * 5000}))
    assert len(shown) < RESULT_CHARS + 20
    assert shown.endswith("… (cut)")
